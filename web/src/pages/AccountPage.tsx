import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ComponentProps, useState } from "react";
import { Link, useNavigate } from "react-router";
import { ApiError } from "../api/http";
import { type Address, deleteMe, getMe, type Profile, putMe } from "../api/shop";
import { loadCognito, useSession } from "../auth/session";
import { Choice, Field, Form } from "../components/Form";
import { Empty, Notice } from "../components/Notice";
import { type ShopConfig, useConfig } from "../config";
import { countries } from "../lib/countries";
import { useTitle } from "../lib/useTitle";
import styles from "./AccountPage.module.css";

const ADDRESS_FIELDS = ["recipient", "street", "postcode", "city", "country"] as const;

/** The customer's own page: name, address, and the way out. */
export function AccountPage() {
  useTitle("Your account");
  const config = useConfig();
  const { user, isPending } = useSession();
  const [notice, setNotice] = useState<string>();
  const profile = useQuery({
    queryKey: ["profile", user?.userId],
    queryFn: async ({ signal }) => getMe(config.apiUrl, await accessToken(config), signal),
    enabled: Boolean(user),
  });
  if (!isPending && !user) {
    return (
      <Empty title="Nobody is signed in">
        <p>
          <Link to="/sign-in" state={{ from: "/account" }}>
            Sign in
          </Link>{" "}
          to see your account.
        </p>
      </Empty>
    );
  }
  if (profile.isError) {
    return <Notice error={profile.error} onRetry={() => void profile.refetch()} />;
  }
  if (!profile.data) return null;
  return (
    <>
      <Details
        key={profile.data.version}
        profile={profile.data}
        notice={notice ?? profile.data.email}
        onNotice={setNotice}
      />
      <Leave />
    </>
  );
}

async function accessToken(config: ShopConfig): Promise<string> {
  const session = await (await loadCognito(config)).session();
  if (!session) throw new Error("Your session has ended. Please sign in again.");
  return session.accessToken;
}

interface DetailsProps {
  profile: Profile;
  /** A remark above the fields. */
  notice: string;
  onNotice: (notice: string) => void;
}

function Details({ profile, notice, onNotice }: DetailsProps) {
  const config = useConfig();
  const client = useQueryClient();
  const address = profile.shippingAddress;

  async function save(values: Record<string, string>) {
    const shippingAddress = addressOf(values);
    const draft = { name: values.name ?? "", ...(shippingAddress ? { shippingAddress } : {}) };
    try {
      const saved = await putMe(config.apiUrl, await accessToken(config), profile.version, draft);
      onNotice("Saved.");
      client.setQueryData(["profile", saved.userId], saved);
      await client.invalidateQueries({ queryKey: ["session"] });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 412) {
        onNotice(
          "Your details were changed elsewhere. Here they are; please make your change again.",
        );
        await client.invalidateQueries({ queryKey: ["profile"] });
        return;
      }
      const [wrong] = error.fieldErrors;
      throw wrong ? new Error(`${wrong.field} ${wrong.message}`, { cause: error }) : error;
    }
  }

  return (
    <Form title="Your account" submitLabel="Save" onSubmit={save} notice={notice}>
      <Field
        label="Name"
        name="name"
        autoComplete="name"
        maxLength={120}
        defaultValue={profile.name}
      />
      <fieldset className={styles.address}>
        <legend>Where your parcels go</legend>
        <AddressField
          label="Recipient"
          name="recipient"
          autoComplete="shipping name"
          defaultValue={address?.name}
        />
        <AddressField
          label="Street and number"
          name="street"
          autoComplete="shipping street-address"
          defaultValue={address?.street}
        />
        <div className={styles.town}>
          <AddressField
            label="Postcode"
            name="postcode"
            autoComplete="shipping postal-code"
            maxLength={20}
            defaultValue={address?.postcode}
          />
          <AddressField
            label="City"
            name="city"
            autoComplete="shipping address-level2"
            defaultValue={address?.city}
          />
        </div>
        <Choice
          label="Country"
          name="country"
          autoComplete="shipping country"
          defaultValue={address?.country ?? ""}
        >
          <option value="">–</option>
          {countries(address?.country).map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </Choice>
      </fieldset>
    </Form>
  );
}

/** A line of the address, which may stay empty. */
function AddressField(field: ComponentProps<typeof Field>) {
  return <Field required={false} maxLength={120} {...field} />;
}

/** The address of the form's fields; undefined if all of them are empty. */
function addressOf(values: Record<string, string>): Address | undefined {
  const [name = "", street = "", postcode = "", city = "", country = ""] = ADDRESS_FIELDS.map(
    (field) => (values[field] ?? "").trim(),
  );
  const given = [name, street, postcode, city, country].filter(Boolean).length;
  if (given === 0) return undefined;
  if (given < ADDRESS_FIELDS.length) {
    throw new Error("Please complete the address, or leave all of it empty.");
  }
  return { name, street, postcode, city, country };
}

/** Deletes the account, after having asked whether that is meant. */
function Leave() {
  const config = useConfig();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { signOut } = useSession();
  const [asking, setAsking] = useState(false);
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<string>();

  async function leave() {
    if (isSending) return;
    setSending(true);
    setError(undefined);
    try {
      await deleteMe(config.apiUrl, await accessToken(config));
    } catch (reason) {
      setError(reason instanceof Error ? reason.message : String(reason));
      setSending(false);
      return;
    }
    await navigate("/");
    client.removeQueries({ queryKey: ["profile"] });
    // The user pool does not know the customer any more and may say so; the tokens here are forgotten all the same.
    await signOut().catch(() => undefined);
  }

  return (
    <section className={styles.leave} aria-label="Delete account">
      {!asking && (
        <button
          type="button"
          className="button"
          data-testid="delete-account"
          onClick={() => {
            setAsking(true);
          }}
        >
          Delete account…
        </button>
      )}
      {asking && (
        <>
          <p>
            <strong>Delete your account for good?</strong> Your name, address and sign-in are erased
            at once, on every device. This cannot be undone.
          </p>
          {error && (
            <p className={styles.error} role="alert" data-testid="delete-error">
              {error}
            </p>
          )}
          <p className={styles.buttons}>
            <button
              type="button"
              className={`button ${styles.danger}`}
              aria-disabled={isSending}
              data-testid="delete-confirm"
              onClick={() => void leave()}
            >
              {isSending ? "One moment…" : "Delete for good"}
            </button>
            <button
              type="button"
              className="button"
              data-testid="delete-cancel"
              onClick={() => {
                setAsking(false);
                setError(undefined);
              }}
            >
              Keep it
            </button>
          </p>
        </>
      )}
    </section>
  );
}
