// The pages are written in English; prices follow the same language and not the browser's.
const LOCALE = "en-IE";

/** A price for people: `formatPrice(4900, "EUR")` is €49.00, `formatPrice(4900, "JPY")` is ¥4,900. */
export function formatPrice(minorUnits: number, currency: string): string {
  const format = new Intl.NumberFormat(LOCALE, {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
  });
  // How many minor units make a major one is the currency's matter: 100 cents, 1 yen, 1,000 fils.
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minorUnits / 10 ** digits);
}

/** What to say about the stock of a product. */
export interface StockHint {
  level: "plenty" | "low" | "none";
  text: string;
}

const LOW_STOCK = 5;

/** Tells customers only what matters to them: whether they can have it, and whether they should hurry. */
export function stockHint(stock: number): StockHint {
  if (stock <= 0) return { level: "none", text: "Sold out" };
  if (stock <= LOW_STOCK) return { level: "low", text: `Only ${stock} left` };
  return { level: "plenty", text: "In stock" };
}
