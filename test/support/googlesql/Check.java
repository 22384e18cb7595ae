// Google's own analyzer of GoogleSQL with BigQuery's options. Reads lines: `table`, project, dataset, name and its columns; `parameter`
// and the name of a text that statements may use; or `sql` and a statement in base64; parts are divided by tabs. Answers each statement with a line: `ok`, or what the analyzer says.
import com.google.zetasql.*;
import com.google.zetasql.ZetaSQLType.TypeKind;
import com.google.zetasql.toolkit.options.BigQueryLanguageOptions;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;

public class Check {
  public static void main(String[] none) throws Exception {
    AnalyzerOptions options = new AnalyzerOptions();
    options.setLanguageOptions(BigQueryLanguageOptions.get());
    options.setCreateNewColumnForEachProjectedOutput(true);
    SimpleCatalog root = new SimpleCatalog("root");
    root.addZetaSQLFunctionsAndTypes(new ZetaSQLBuiltinFunctionOptions(options.getLanguageOptions()));
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] parts = line.split("\t");
      if (parts[0].equals("parameter")) {
        options.addQueryParameter(parts[1], TypeFactory.createSimpleType(TypeKind.TYPE_STRING));
        continue;
      }
      if (parts[0].equals("table")) {
        List<SimpleColumn> columns = new ArrayList<>();
        for (int i = 4; i + 1 < parts.length; i += 2)
          columns.add(new SimpleColumn(parts[3], parts[i], type(parts[i + 1], options, root)));
        child(child(root, parts[1]), parts[2]).addSimpleTable(parts[3], new SimpleTable(parts[3], columns));
        continue;
      }
      try {
        Analyzer.analyzeStatement(new String(Base64.getDecoder().decode(parts[1]), StandardCharsets.UTF_8), options, root);
        System.out.println("ok");
      } catch (RuntimeException e) {
        System.out.println(e.getMessage().split("\n")[0]);
      }
    }
  }

  /** A kind of the library, or the text of a nested type. */
  private static Type type(String text, AnalyzerOptions options, SimpleCatalog root) {
    if (!text.contains("<")) return TypeFactory.createSimpleType(TypeKind.valueOf("TYPE_" + text));
    var query = (com.google.zetasql.resolvedast.ResolvedNodes.ResolvedQueryStmt)
        Analyzer.analyzeStatement("SELECT CAST(NULL AS " + text + ") AS x", options, root);
    return query.getOutputColumnList().get(0).getColumn().getType();
  }

  private static final Map<String, SimpleCatalog> CHILDREN = new HashMap<>();

  private static SimpleCatalog child(SimpleCatalog parent, String name) {
    return CHILDREN.computeIfAbsent(parent.getFullName() + "/" + name, key -> parent.addNewSimpleCatalog(name));
  }
}
