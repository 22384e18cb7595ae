/** ISO 3166-1: two letters and three, as the standard assigns them. */
const CODES =
  'AD AND AE ARE AF AFG AG ATG AI AIA AL ALB AM ARM AO AGO AQ ATA AR ARG AS ASM AT AUT AU AUS AW ABW AX ALA AZ AZE BA BIH BB BRB BD BGD BE BEL BF BFA BG BGR BH BHR BI BDI BJ BEN BL BLM BM BMU BN BRN BO BOL BQ BES BR BRA BS BHS BT BTN BV BVT BW BWA BY BLR BZ BLZ CA CAN CC CCK CD COD CF CAF CG COG CH CHE CI CIV CK COK CL CHL CM CMR CN CHN CO COL CR CRI CU CUB CV CPV CW CUW CX CXR CY CYP CZ CZE DE DEU DJ DJI DK DNK DM DMA DO DOM DZ DZA EC ECU EE EST EG EGY EH ESH ER ERI ES ESP ET ETH FI FIN FJ FJI FK FLK FM FSM FO FRO FR FRA GA GAB GB GBR GD GRD GE GEO GF GUF GG GGY GH GHA GI GIB GL GRL GM GMB GN GIN GP GLP GQ GNQ GR GRC GS SGS GT GTM GU GUM GW GNB GY GUY HK HKG HM HMD HN HND HR HRV HT HTI HU HUN ID IDN IE IRL IL ISR IM IMN IN IND IO IOT IQ IRQ IR IRN IS ISL IT ITA JE JEY JM JAM JO JOR JP JPN KE KEN KG KGZ KH KHM KI KIR KM COM KN KNA KP PRK KR KOR KW KWT KY CYM KZ KAZ LA LAO LB LBN LC LCA LI LIE LK LKA LR LBR LS LSO LT LTU LU LUX LV LVA LY LBY MA MAR MC MCO MD MDA ME MNE MF MAF MG MDG MH MHL MK MKD ML MLI MM MMR MN MNG MO MAC MP MNP MQ MTQ MR MRT MS MSR MT MLT MU MUS MV MDV MW MWI MX MEX MY MYS MZ MOZ NA NAM NC NCL NE NER NF NFK NG NGA NI NIC NL NLD NO NOR NP NPL NR NRU NU NIU NZ NZL OM OMN PA PAN PE PER PF PYF PG PNG PH PHL PK PAK PL POL PM SPM PN PCN PR PRI PS PSE PT PRT PW PLW PY PRY QA QAT RE REU RO ROU RS SRB RU RUS RW RWA SA SAU SB SLB SC SYC SD SDN SE SWE SG SGP SH SHN SI SVN SJ SJM SK SVK SL SLE SM SMR SN SEN SO SOM SR SUR SS SSD ST STP SV SLV SX SXM SY SYR SZ SWZ TC TCA TD TCD TF ATF TG TGO TH THA TJ TJK TK TKL TL TLS TM TKM TN TUN TO TON TR TUR TT TTO TV TUV TW TWN TZ TZA UA UKR UG UGA UM UMI US USA UY URY UZ UZB VA VAT VC VCT VE VEN VG VGB VI VIR VN VNM VU VUT WF WLF WS WSM YE YEM YT MYT ZA ZAF ZM ZMB ZW ZWE'.split(
    ' ',
  );

/** Names in use that no locale's list has. */
const ALIASES: Readonly<Record<string, string>> = {
  uk: 'GB', 'great britain': 'GB', england: 'GB', scotland: 'GB', wales: 'GB', 'northern ireland': 'GB', usa: 'US', 'u.s.': 'US', 'u.s.a.': 'US',
  'united states of america': 'US', america: 'US', holland: 'NL', 'the netherlands': 'NL', 'south korea': 'KR', 'republic of korea': 'KR', 'north korea': 'KP',
  'czech republic': 'CZ', 'russian federation': 'RU', 'viet nam': 'VN', 'ivory coast': 'CI', burma: 'MM', macedonia: 'MK', swaziland: 'SZ', 'cape verde': 'CV',
}; // prettier-ignore

/** The countries' two-letter codes by their three letters and by their names in some languages, folded with `foldName`. */
export function countryTable(locales: readonly string[]): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (let i = 0; i < CODES.length; i += 2) {
    const [two, three] = [CODES[i]!, CODES[i + 1]!];
    table.set(two.toLowerCase(), two).set(three.toLowerCase(), two);
  }
  const names = locales.flatMap((locale) => [
    new Intl.DisplayNames([locale], { type: 'region', fallback: 'none' }),
    new Intl.DisplayNames([locale], { type: 'region', fallback: 'none', style: 'short' }),
  ]);
  for (let i = 0; i < CODES.length; i += 2) {
    for (const display of names) {
      const name = display.of(CODES[i]!);
      if (name !== undefined && !table.has(foldName(name))) table.set(foldName(name), CODES[i]!);
    }
  }
  // Some are codes of other countries' in small letters: those come first.
  for (const [name, code] of Object.entries(ALIASES)) if (!table.has(name)) table.set(name, code);
  return table;
}

/** A name without case, accents and the blanks around it. */
export function foldName(name: string): string {
  return name
    .trim()
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[\s’']+/g, ' ');
}
