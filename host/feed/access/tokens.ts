// thread: feed
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { isRecord, parseJson } from "../json-value.js";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** What a token says. */
export interface Claims {
  readonly username: string;
  readonly kind: "access" | "refresh";
  /** Unix time in s until which it is good. */
  readonly expires: number;
}

/** Compares two secrets in a time that does not depend on them. */
export function sameSecret(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A random text of `length` letters and digits that survives being typed (base32). */
export function randomToken(length: number): string {
  return Array.from(randomBytes(length), (byte) => BASE32[byte & 31] ?? "A").join("");
}

const encodePart = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const signature = (text: string, secret: string): string =>
  createHmac("sha256", secret).update(text).digest("base64url");

/** A JSON Web Token (HS256) with these claims, issued at `now` (Unix s). */
export function signToken(claims: Claims, secret: string, now: number): string {
  const payload = {
    iss: "Steadyhand",
    iat: Math.floor(now),
    exp: Math.floor(claims.expires),
    username: claims.username,
    token_type: claims.kind,
  };
  const text = `${encodePart({ alg: "HS256", typ: "JWT" })}.${encodePart(payload)}`;
  return `${text}.${signature(text, secret)}`;
}

const decodePart = (part: string): unknown => parseJson(Buffer.from(part, "base64url").toString("utf8"));

/**
 * The claims of a token, when it is ours and still good at `now`. `secretOf` gives the secret of a user; the algorithm
 * is never taken from the token.
 */
export function verifyToken(
  token: string,
  secretOf: (user: string) => string | undefined,
  now: number,
): Claims | undefined {
  const parts = token.split(".");
  const [head, body, signed] = parts;
  if (parts.length !== 3 || head === undefined || body === undefined || signed === undefined) return undefined;
  const header = decodePart(head);
  const payload = decodePart(body);
  if (!isRecord(header) || !isRecord(payload)) return undefined;
  const { alg } = header;
  if (alg !== "HS256") return undefined;
  const { username, exp, token_type: kind } = payload;
  if (typeof username !== "string" || typeof exp !== "number" || exp <= now) return undefined;
  if (kind !== "access" && kind !== "refresh") return undefined;
  const secret = secretOf(username);
  if (secret === undefined || !sameSecret(signed, signature(`${head}.${body}`, secret))) return undefined;
  return { username, kind, expires: exp };
}
