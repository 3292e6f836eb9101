/** The countries that the shop's forms offer, as ISO 3166-1 codes: those of the European Economic Area, Switzerland and the UK. */
const CODES =
  "AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split(
    " ",
  );

/** Countries to choose from, by name. One that is in use already is always among them. */
export function countries(inUse?: string): { code: string; name: string }[] {
  const names = new Intl.DisplayNames("en", { type: "region" });
  return [...new Set(inUse ? [...CODES, inUse] : CODES)]
    .map((code) => ({ code, name: names.of(code) ?? code }))
    .sort((a, b) => a.name.localeCompare(b.name));
}
