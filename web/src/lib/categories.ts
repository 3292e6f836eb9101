/** A department of the shop. */
export interface Category {
  /** As in the API and in addresses. */
  slug: string;
  name: string;
  /** One line below the heading of its page. */
  tagline: string;
}

/** All departments, in the order in which the shop shows them. */
export const CATEGORIES: readonly Category[] = [
  {
    slug: "home-living",
    name: "Home & living",
    tagline: "Light, wool and wood for the rooms you live in.",
  },
  { slug: "kitchen", name: "Kitchen", tagline: "Tools that make cooking a quiet pleasure." },
  {
    slug: "coffee-tea",
    name: "Coffee & tea",
    tagline: "For the first cup of the day and the one after.",
  },
  { slug: "desk-office", name: "Desk & office", tagline: "A clear desk, and good things on it." },
  { slug: "outdoor", name: "Outdoor", tagline: "For long walks, cold mornings and wet weather." },
  { slug: "sport", name: "Sport", tagline: "Simple equipment for moving every day." },
  { slug: "books", name: "Books", tagline: "To read, to look at, to keep." },
  { slug: "toys", name: "Toys", tagline: "Play that outlasts the batteries." },
  { slug: "audio", name: "Audio", tagline: "Good sound, few buttons." },
  { slug: "garden", name: "Garden", tagline: "For beds, balconies and window sills." },
];

/** The department of this slug. One that the storefront has not heard of yet gets a readable name. */
export function categoryOf(slug: string): Category {
  const words = slug.replaceAll("-", " ");
  return (
    CATEGORIES.find((category) => category.slug === slug) ?? {
      slug,
      name: words.charAt(0).toUpperCase() + words.slice(1),
      tagline: "",
    }
  );
}
