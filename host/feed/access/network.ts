// thread: feed
import { BlockList, isIP, isIPv4, SocketAddress } from "node:net";
import { hostname } from "node:os";
import { HostError } from "../../shared/errors.js";

const MAPPED = "::ffff:";
/** Domains that nobody can register on the internet. */
const LOCAL_DOMAINS = [
  ".local",
  ".lan",
  ".home",
  ".internal",
  ".localdomain",
  ".home.arpa",
  ".fritz.box",
  ".localhost",
];

/** An address in its usual short form; IPv4 inside IPv6 becomes plain IPv4. Anything else comes back as it is. */
export function plainAddress(text: string): string {
  const bare = text.split("%")[0] ?? text;
  if (isIP(bare) !== 6) return bare;
  const { address } = new SocketAddress({ address: bare, family: "ipv6" });
  const inner = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : "";
  return isIPv4(inner) ? inner : address;
}

/** Addresses and ranges. */
export class AddressRanges {
  readonly #list = new BlockList();

  /** Takes addresses and ranges in CIDR notation. Throws `FEED_SETTING` for anything else. */
  constructor(ranges: readonly string[]) {
    for (const range of ranges) this.#add(range.trim());
  }

  has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 4 ? "ipv4" : "ipv6");
  }

  #add(range: string): void {
    const [address = "", bits] = range.split("/");
    const version = isIP(address);
    const longest = version === 4 ? 32 : 128;
    const prefix = bits === undefined ? longest : Number(bits);
    if (version === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > longest || bits === "") {
      throw new HostError("FEED_SETTING", `'${range}' is not an address or a range of addresses`, {
        details: { setting: "trusted", value: range },
        fix: "write an address (192.168.1.30) or a range (192.168.1.0/24, fe80::/10).",
      });
    }
    this.#list.addSubnet(address, prefix, version === 4 ? "ipv4" : "ipv6");
  }
}

/** The name in a `Host` header or an origin: without port and brackets, in lower case. */
export function hostPart(authority: string): string {
  const lower = authority.toLowerCase();
  if (lower.startsWith("[")) return lower.slice(1, Math.max(1, lower.indexOf("]")));
  return lower.split(":")[0] ?? "";
}

/** The authority (`name:port`) of an origin such as `http://name:port`; empty when it has none (`null`, `file://`). */
export function originAuthority(origin: string): string {
  const match = /^[a-z][a-z0-9+.-]*:\/\/([^/]+)$/i.exec(origin);
  return match?.[1] ?? "";
}

/** A list of texts with `*` for any run of characters except a slash. */
export class Patterns {
  readonly #expressions: readonly RegExp[];

  constructor(patterns: readonly string[]) {
    this.#expressions = patterns.map((pattern) => {
      const body = pattern
        .trim()
        .toLowerCase()
        .split("*")
        .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"))
        .join("[^/]*");
      return pattern.trim() === "*" ? /^/ : new RegExp(`^${body}$`);
    });
  }

  match(text: string): boolean {
    const lower = text.toLowerCase();
    return this.#expressions.some((expression) => expression.test(lower));
  }
}

/**
 * Whether a browser that was told this `Host` is really talking to us by one of our names. A name that anybody could
 * register may have been pointed at us by a web page (DNS rebinding), so it counts only when it was configured.
 */
export function isLocalName(host: string): boolean {
  if (host === "") return true;
  if (isIP(host) !== 0 || !host.includes(".")) return true;
  const own = hostname().toLowerCase();
  return host === own || LOCAL_DOMAINS.some((domain) => host.endsWith(domain));
}
