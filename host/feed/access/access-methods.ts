// thread: feed
import { ApiError } from "../api-error.js";
import type { Args } from "../moonraker/args.js";
import type { Caller, Identity } from "../moonraker/caller.js";
import type { Methods } from "../moonraker/methods.js";
import type { Sessions } from "../moonraker/sessions.js";
import type { Timers } from "../timers.js";
import { type Access, TRUSTED } from "./access.js";
import type { Users } from "./users.js";

const SOURCE = "moonraker";

export interface AccessParts {
  readonly access: Access;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly timers: Timers;
}

/** Users, tokens and the API key. */
export function registerAccessMethods(methods: Methods, parts: AccessParts): void {
  const { access, users } = parts;
  methods.add("authorization", [
    {
      name: "access.info",
      http: ["GET /access/info"],
      open: true,
      handler: (_args, caller) => ({
        default_source: SOURCE,
        available_sources: [SOURCE],
        login_required: access.loginRequired,
        trusted: caller.isTrusted,
      }),
    },
    {
      name: "access.login",
      http: ["POST /access/login"],
      open: true,
      handler: (args, caller) => login(parts, args, caller),
    },
    { name: "access.logout", http: ["POST /access/logout"], handler: (_args, caller) => logout(parts, caller) },
    { name: "access.get_user", http: ["GET /access/user"], handler: (_args, caller) => currentUser(users, caller) },
    {
      name: "access.post_user",
      http: ["POST /access/user"],
      handler: (args, caller) => createUser(parts, args, caller),
    },
    {
      name: "access.delete_user",
      http: ["DELETE /access/user"],
      handler: (args, caller) => deleteUser(parts, args, caller),
    },
    { name: "access.users.list", http: ["GET /access/users/list"], handler: () => ({ users: users.list() }) },
    {
      name: "access.user.password",
      http: ["POST /access/user/password"],
      handler: (args, caller) => changePassword(parts, args, caller),
    },
    {
      name: "access.refresh_jwt",
      http: ["POST /access/refresh_jwt"],
      open: true,
      handler: (args) => refresh(access, args),
    },
    {
      name: "access.oneshot_token",
      http: ["GET /access/oneshot_token"],
      handler: (_args, caller) => access.oneShot(identityOf(caller)),
    },
    { name: "access.get_api_key", http: ["GET /access/api_key"], handler: () => users.apiKey },
    { name: "access.post_api_key", http: ["POST /access/api_key"], handler: async () => await users.newApiKey() },
  ]);
}

function identityOf(caller: Caller): Identity {
  if (caller.identity === undefined) throw new ApiError(401, "Unauthorized");
  return caller.identity;
}

function requireSource(args: Args): void {
  const source = args.optionalString("source") ?? SOURCE;
  if (source !== SOURCE) throw new ApiError(400, `users of the source '${source}' are not supported`);
}

async function login({ access, users }: AccessParts, args: Args, caller: Caller): Promise<unknown> {
  const username = args.string("username");
  const password = args.string("password");
  requireSource(args);
  if (access.isLocked(caller.address)) throw new ApiError(401, "too many wrong passwords: wait five minutes");
  if (!(await users.verify(username, password))) {
    access.loginFailed(caller.address);
    throw new ApiError(401, "Invalid Username or Password");
  }
  access.loginSucceeded(caller.address);
  return session(access, username, "user_logged_in", caller);
}

/** Logs a connection in, and gives the tokens for others. */
function session(access: Access, username: string, action: string, caller: Caller): unknown {
  if (caller.connection !== undefined) caller.connection.identity = { kind: "user", username };
  return {
    username,
    token: access.accessToken(username),
    refresh_token: access.refreshToken(username),
    action,
    source: SOURCE,
  };
}

async function logout({ users, sessions }: AccessParts, caller: Caller): Promise<unknown> {
  const { username } = identityOf(caller);
  if (username === undefined) throw new ApiError(401, "nobody is logged in");
  await users.endTokens(username);
  endSessions(sessions, username);
  sessions.broadcast("notify_user_logged_out", { username });
  return { username, action: "user_logged_out" };
}

function currentUser(users: Users, caller: Caller): unknown {
  const { kind, username } = identityOf(caller);
  const known = username === undefined ? undefined : users.get(username);
  if (username !== undefined && known !== undefined) return { username, source: SOURCE, created_on: known.created };
  const name = kind === "key" ? "_API_KEY_USER_" : "_TRUSTED_USER_";
  return { username: name, source: SOURCE, created_on: 0 };
}

async function createUser(
  { access, users, sessions, timers }: AccessParts,
  args: Args,
  caller: Caller,
): Promise<unknown> {
  const username = args.string("username").trim();
  await users.create(username, args.string("password"), timers.unix());
  sessions.broadcast("notify_user_created", { username });
  return session(access, username, "user_created", caller);
}

async function deleteUser({ users, sessions }: AccessParts, args: Args, caller: Caller): Promise<unknown> {
  const username = args.string("username");
  if (identityOf(caller).username === username) throw new ApiError(400, "a user cannot delete itself");
  await users.remove(username);
  endSessions(sessions, username);
  sessions.broadcast("notify_user_deleted", { username });
  return { username, action: "user_deleted" };
}

async function changePassword({ users }: AccessParts, args: Args, caller: Caller): Promise<unknown> {
  const { username } = identityOf(caller);
  if (username === undefined) throw new ApiError(400, "nobody is logged in");
  if (!(await users.verify(username, args.string("password")))) throw new ApiError(400, "Invalid Password");
  await users.setPassword(username, args.string("new_password"));
  return { username, action: "user_password_reset" };
}

function refresh(access: Access, args: Args): unknown {
  const username = access.refreshUser(args.string("refresh_token"));
  if (username === undefined) throw new ApiError(401, "Invalid Refresh Token");
  return { username, token: access.accessToken(username), source: SOURCE, action: "user_jwt_refresh" };
}

/** Connections of the user are again who they are by their address alone. */
function endSessions(sessions: Sessions, username: string): void {
  for (const open of sessions.all) {
    if (open.identity?.username !== username) continue;
    open.identity = open.isTrusted ? TRUSTED : undefined;
    if (open.identity === undefined) sessions.endSubscription(open);
  }
}
