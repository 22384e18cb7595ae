/** Calls of functions and methods. */
import { nearest } from '../../../singer/index.ts';
import { ValueFault } from '../../fault.ts';
import { spend } from '../budget.ts';
import type { Callable } from '../callable.ts';
import { functions } from '../functions.ts';
import { METHODS, methodsOf, resultOf } from '../methods.ts';
import type { Argument, Node } from '../syntax.ts';
import { ANY, Kinds, mayBe, NONE, notNone, orNone, union } from '../types.ts';
import { fault, typeName } from '../values.ts';
import type { Compiling, Part } from './part.ts';
import { dottedName } from './names.ts';

const { null: NULL } = Kinds;

export function call(compiler: Compiling, { args, at, callee }: Node & { readonly kind: 'call' }): Part {
  if (callee.kind === 'name' && callee.name === 'try') return attempt(compiler, args, at);
  const dotted = callee.kind === 'name' ? callee.name : dottedName(compiler, callee);
  if (dotted !== undefined && !isOpenMethod(compiler, dotted, callee)) return functionCall(compiler, dotted, args, at);
  if (callee.kind === 'attribute') return method(compiler, callee, args, at);
  return compiler.wrong('only functions and methods can be called', at);
}

/** What is no function of a module may be a method of a field that has the module's name. */
function isOpenMethod(compiler: Compiling, dotted: string, callee: Node): boolean {
  if (!compiler.names.areOpen || callee.kind !== 'attribute' || Object.hasOwn(functions, dotted)) return false;
  return METHODS.some(({ methods }) => Object.hasOwn(methods, callee.name));
}

function attempt(compiler: Compiling, args: readonly Argument[], at: number): Part {
  const [tried, otherwise] = args.map(({ value }) => compiler.part(value));
  if (tried === undefined || args.length > 2 || args.some(({ name }) => name !== undefined)) {
    return compiler.wrong('try takes an expression and what stands in for it', at);
  }
  const type = otherwise === undefined ? orNone(tried.type) : union(tried.type, otherwise.type);
  return {
    type,
    run(turn) {
      try {
        return tried.run(turn);
      } catch (error) {
        // A budget stays spent.
        if (!(error instanceof ValueFault) || error.rule !== 'expression-failed') throw error;
        return otherwise === undefined ? null : otherwise.run(turn);
      }
    },
  };
}

function functionCall(compiler: Compiling, name: string, args: readonly Argument[], at: number): Part {
  const callable = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (callable === undefined) {
    const refused = compiler.names.refused(name);
    const near = nearest(name, Object.keys(functions));
    return compiler.wrong(refused ?? `there is no function ${name}${near === undefined ? '' : `; did you mean ${near}?`}`, at);
  }
  const parts = argumentsOf(compiler, name, { callable, args, at });
  if (parts === undefined) return { type: ANY, run: () => null };
  return applied(compiler, callable, parts, at);
}

function method(compiler: Compiling, callee: Node & { readonly kind: 'attribute' }, args: readonly Argument[], at: number): Part {
  const refused = callee.of.kind === 'name' ? compiler.names.refused(callee.of.name) : undefined;
  if (refused !== undefined) return compiler.wrong(refused, at);
  const of = compiler.part(callee.of);
  const { name } = callee;
  const found = METHODS.filter(({ kinds, methods }) => mayBe(of.type, kinds) && Object.hasOwn(methods, name));
  if (found.length === 0) {
    if (of.type.kinds === NULL) return { type: NONE, run: () => null };
    const known = METHODS.filter(({ kinds }) => mayBe(of.type, kinds)).flatMap(({ methods }) => Object.keys(methods));
    const near = nearest(name, known);
    return compiler.wrong(`a value of this type has no method ${name}${near === undefined ? '' : `; did you mean ${near}?`}`, at);
  }
  // All methods of one name take the same arguments, but for the number of those that may be left out.
  const widest = found.map(({ methods }) => methods[name]!).toSorted((a, b) => b.takes.length - a.takes.length)[0]!;
  const parts = argumentsOf(compiler, name, { callable: widest, args, at });
  if (parts === undefined) return { type: ANY, run: () => null };
  const types = [of.type, ...parts.map((part) => part?.type)];
  const results = found.map(({ kinds, methods }) =>
    resultOf(methods[name]!, [{ ...notNone(of.type), kinds: of.type.kinds & kinds }, ...types.slice(1)], {
      method: name,
      key: parts[0]?.literal,
    }),
  );
  const result = results.reduce(union);
  return {
    type: mayBe(of.type, NULL) ? orNone(result) : result,
    run: (turn) => {
      const self = of.run(turn);
      if (self === null) return null;
      const methods = methodsOf(self);
      if (methods === undefined || !Object.hasOwn(methods, name)) throw fault(`${typeName(self)} has no method ${name}`);
      spend(turn, self);
      const given = parts.map((part) => part?.run(turn));
      const value = methods[name]!.call!([self, ...given]);
      spend(turn, value);
      return value;
    },
  };
}

function applied(compiler: Compiling, callable: Callable, parts: readonly (Part | undefined)[], at: number): Part {
  const literals = parts.map((part) => (typeof part?.literal === 'string' ? part.literal : undefined));
  const tools = { keys: compiler.names.keys, problem: (message: string) => compiler.report(message, at) };
  const call = callable.bind?.(literals, tools) ?? callable.call!;
  const { subject = 0, takesNull } = callable;
  if (callable.hides === true) compiler.names.hides();
  const types = parts.map((part) => part?.type);
  const isNullable = takesNull !== true && types[subject] !== undefined && mayBe(types[subject], NULL);
  const seen = isNullable ? types.map((type, i) => (i === subject ? notNone(type!) : type)) : types;
  const result = typeof callable.type === 'function' ? callable.type(seen) : callable.type;
  return {
    type: isNullable ? orNone(result) : result,
    run(turn) {
      const args = parts.map((part) => part?.run(turn));
      if (takesNull !== true && args[subject] === null) return null;
      spend(turn, args[subject] ?? null);
      const value = call(args);
      spend(turn, value);
      return value;
    },
  };
}

/** Arguments in the order in which the function takes them; undefined if something is wrong with them, which was told. */
function argumentsOf(
  compiler: Compiling,
  name: string,
  { callable, args, at }: { callable: Callable; args: readonly Argument[]; at: number },
): (Part | undefined)[] | undefined {
  const takes = callable.takes === '' ? [] : callable.takes.split(' ');
  const parts: (Part | undefined)[] = [];
  let isRight = true;
  const wrong = (message: string): void => {
    isRight = false;
    compiler.report(message, at);
  };
  args.forEach((arg, i) => {
    const part = compiler.part(arg.value);
    if (arg.name === undefined) {
      if (takes[0] !== '*' && i >= takes.length) return wrong(`${name} takes ${takes.length} arguments at most`);
      parts[i] = part;
      return undefined;
    }
    const index = takes.findIndex((one) => one.replace('?', '') === arg.name);
    if (index < 0) return wrong(`${name} takes no argument ${arg.name}`);
    if (parts[index] !== undefined) return wrong(`${name} is given ${arg.name} twice`);
    parts[index] = part;
    return undefined;
  });
  const missing = takes.filter((one, i) => !one.endsWith('?') && parts[i] === undefined);
  if (missing.length > 0) wrong(`${name} needs ${missing.map((one) => (one === '*' ? 'an argument' : one)).join(' and ')}`);
  if (!isRight) return undefined;
  const filled = Array.from(parts);
  const literals = callable.literal?.map((index) => filled[index]);
  if (literals?.some((part) => part !== undefined && typeof part.literal !== 'string') === true) {
    wrong(`${name} needs ${callable.literal!.map((index) => takes[index]!.replace('?', '')).join(' and ')} written out as text`);
  }
  return isRight ? filled : undefined;
}
