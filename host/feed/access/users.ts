// thread: feed
import { randomBytes, scrypt } from "node:crypto";
import { ApiError } from "../api-error.js";
import { isRecord } from "../json-value.js";
import type { Storage, Table } from "../storage.js";
import { randomToken, sameSecret } from "./tokens.js";

const HASH_BYTES = 32;
const SALT_BYTES = 16;
/** 16 MiB and about 50 ms on a small board for each guess. */
const SCRYPT = { N: 16_384, r: 8, p: 1 } as const;
const SECRET_CHARACTERS = 40;
const MAX_NAME = 64;
const MAX_PASSWORD = 256;
const API_KEY = "api_key";
/** Names that would be taken for something else. */
const RESERVED = new Set(["_TRUSTED_USER_", "_API_KEY_USER_"]);

/** What is kept of a user. */
export interface UserRecord {
  readonly salt: string;
  readonly hash: string;
  /** Unix time in s. */
  readonly created: number;
  /** Signs this user's tokens; a new one makes all former tokens useless. */
  readonly secret: string;
}

function decodeUser(value: unknown): UserRecord | undefined {
  if (!isRecord(value)) return undefined;
  const { salt, hash, created, secret } = value;
  if (typeof salt !== "string" || typeof hash !== "string" || typeof created !== "number") return undefined;
  return typeof secret === "string" ? { salt, hash, created, secret } : undefined;
}

const decodeText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function hashOf(password: string, salt: string): Promise<string> {
  return new Promise((resolve, reject) => {
    scrypt(password, Buffer.from(salt, "hex"), HASH_BYTES, SCRYPT, (error, key) => {
      if (error === null) resolve(key.toString("hex"));
      else reject(error);
    });
  });
}

/** Users, their passwords (only as scrypt hashes) and the API key. */
export class Users {
  readonly #users: Table<UserRecord>;
  readonly #keys: Table<string>;
  /** The records as they are, also before a change has reached the disk. */
  readonly #known = new Map<string, UserRecord>();
  #apiKey: string;

  private constructor(users: Table<UserRecord>, keys: Table<string>, apiKey: string) {
    this.#users = users;
    this.#keys = keys;
    this.#apiKey = apiKey;
    for (const [name, user] of users.entries()) this.#known.set(String(name), user);
  }

  /** Loads the users; makes an API key when there is none yet. */
  static async load(storage: Storage): Promise<Users> {
    const keys = storage.table("keys", decodeText);
    let apiKey = keys.get(API_KEY);
    if (apiKey === undefined) {
      apiKey = randomBytes(16).toString("hex");
      await keys.put(API_KEY, apiKey);
    }
    return new Users(storage.table("users", decodeUser), keys, apiKey);
  }

  get apiKey(): string {
    return this.#apiKey;
  }

  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  list(): { username: string; source: string; created_on: number }[] {
    return [...this.#known].map(([username, { created }]) => ({ username, source: "moonraker", created_on: created }));
  }

  get(name: string): UserRecord | undefined {
    return this.#known.get(name);
  }

  /** Makes a user. 400 when the name is taken or not usable. */
  async create(name: string, password: string, now: number): Promise<void> {
    if (name === "" || name.length > MAX_NAME || RESERVED.has(name)) {
      throw new ApiError(400, `a user name has 1 to ${MAX_NAME} characters and is not a reserved name`);
    }
    if (this.#known.has(name)) throw new ApiError(400, `user ${name} already exists`);
    const user = await this.#record(password, now);
    if (this.#known.has(name)) throw new ApiError(400, `user ${name} already exists`);
    await this.#keep(name, user);
  }

  async remove(name: string): Promise<void> {
    if (!this.#known.delete(name)) throw new ApiError(400, `no user ${name}`);
    await this.#users.remove(name);
  }

  /** Whether the password is the user's. Takes as long for a user who does not exist. */
  async verify(name: string, password: string): Promise<boolean> {
    const user = this.#known.get(name);
    const salt = user?.salt ?? "00".repeat(SALT_BYTES);
    const hash = await hashOf(password.slice(0, MAX_PASSWORD), salt);
    return user !== undefined && sameSecret(hash, user.hash);
  }

  /** A new password, which ends all sessions of the user. */
  async setPassword(name: string, password: string): Promise<void> {
    const user = this.#known.get(name);
    if (user === undefined) throw new ApiError(400, `no user ${name}`);
    await this.#keep(name, await this.#record(password, user.created));
  }

  /** Makes all tokens of a user useless. */
  async endTokens(name: string): Promise<void> {
    const user = this.#known.get(name);
    if (user !== undefined) await this.#keep(name, { ...user, secret: randomToken(SECRET_CHARACTERS) });
  }

  async newApiKey(): Promise<string> {
    this.#apiKey = randomBytes(16).toString("hex");
    await this.#keys.put(API_KEY, this.#apiKey);
    return this.#apiKey;
  }

  async #record(password: string, created: number): Promise<UserRecord> {
    if (password === "" || password.length > MAX_PASSWORD) {
      throw new ApiError(400, `a password has 1 to ${MAX_PASSWORD} characters`);
    }
    const salt = randomBytes(SALT_BYTES).toString("hex");
    return { salt, hash: await hashOf(password, salt), created, secret: randomToken(SECRET_CHARACTERS) };
  }

  async #keep(name: string, user: UserRecord): Promise<void> {
    this.#known.set(name, user);
    await this.#users.put(name, user);
  }
}
