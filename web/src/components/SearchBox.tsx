import { useEffect, useRef, useState } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import { filterPath, readFilter } from "../lib/filter";
import styles from "./SearchBox.module.css";

const DEBOUNCE_MS = 300;

/**
 * The search box. In the grid it searches while typing, elsewhere when Enter is pressed. The address holds the
 * query; the box follows it when it changes by other means, e.g. by going back.
 */
export function SearchBox() {
  const { pathname } = useLocation();
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const inGrid = pathname === "/";
  const filter = readFilter(inGrid ? params : new URLSearchParams());

  const [text, setText] = useState(filter.q);
  const [applied, setApplied] = useState(filter.q); // the query that the box itself last asked for
  const [seen, setSeen] = useState(filter.q); // the query that was last found in the address
  if (filter.q !== seen) {
    setSeen(filter.q);
    if (filter.q !== applied) {
      setApplied(filter.q);
      setText(filter.q);
    }
  }

  function search(q: string) {
    if (inGrid && q === filter.q) return;
    setApplied(q);
    // One entry in the history for one search, however many pauses were made while typing it.
    void navigate(filterPath({ ...filter, q }), { replace: inGrid && filter.q !== "" });
  }

  // The timer must use the address at its end, not the one at its start.
  const latestSearch = useRef(search);
  useEffect(() => {
    latestSearch.current = search;
  });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    return () => {
      clearTimeout(timer.current);
    };
  }, [pathname]);

  return (
    <search>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          clearTimeout(timer.current);
          search(text.trim());
        }}
      >
        <svg className={styles.icon} viewBox="0 0 20 20" aria-hidden="true">
          <circle cx="9" cy="9" r="5.5" />
          <path d="m13.2 13.2 4 4" />
        </svg>
        <input
          className={styles.input}
          type="search"
          name="q"
          aria-label="Search products"
          placeholder="Search products"
          autoComplete="off"
          maxLength={100}
          enterKeyHint="search"
          value={text}
          onChange={({ target: { value } }) => {
            setText(value);
            clearTimeout(timer.current);
            if (!inGrid) return;
            timer.current = setTimeout(() => {
              latestSearch.current(value.trim());
            }, DEBOUNCE_MS);
          }}
        />
      </form>
    </search>
  );
}
