// thread: host
import { suggest } from "../../shared/suggest.js";
import type { Statement, Target } from "./ast.js";
import { memberNames } from "./attributes.js";
import { PyDict } from "./dict.js";
import { PyNamespace } from "./loop.js";
import type { PyError } from "./py-error.js";
import { HostMapping } from "./status.js";
import type { Undefined, Value } from "./values.js";

/** What a template knows of itself and its surroundings when it fails. */
export interface Surroundings {
  /** Names that the template assigns anywhere. */
  readonly assigned: ReadonlySet<string>;
  readonly names: ReadonlyMap<string, Value>;
  readonly globals: ReadonlyMap<string, Value>;
}

/** What to tell the owner, and the name that was most likely meant. */
export interface Advice {
  readonly fix: string;
  readonly suggestion: string | undefined;
}

/** At most this many names of a mapping are listed. */
const MAX_LISTED = 12;

/** In a name of one or two letters every edit makes another word; only a different case can be meant. */
const SHORT = 3;

function nearest(wanted: string, names: readonly string[]): string | undefined {
  if (wanted.length >= SHORT) return suggest(wanted, names);
  return names.find((name) => name !== wanted && name.toLowerCase() === wanted.toLowerCase());
}

/** What to do about an error of a template. */
export function adviseOn(error: PyError, around: Surroundings): Advice {
  if (error.missing !== undefined) return aboutMissing(error, error.missing, around);
  return { fix: error.fix ?? generalFix(error), suggestion: undefined };
}

function generalFix(error: PyError): string {
  switch (error.kind) {
    case "OverflowError":
      return "use smaller numbers";
    case "IndexError":
      return "check the number of elements first, with |length";
    default:
      return "correct the expression on this line";
  }
}

function aboutMissing(error: PyError, missing: Undefined, around: Surroundings): Advice {
  const { absence } = missing;
  if (absence.kind === "hint") {
    return { fix: error.fix ?? "give a default: value|default(0)", suggestion: undefined };
  }
  if (absence.kind === "name") return aboutName(absence.name, around);
  const key = typeof absence.key === "string" ? absence.key : undefined;
  return key === undefined
    ? { fix: error.fix ?? "check the number of elements first, with |length", suggestion: undefined }
    : aboutMember(absence.owner, key, around, error.fix);
}

function aboutName(name: string, around: Surroundings): Advice {
  if (around.assigned.has(name)) {
    return {
      fix: `'${name}' is set in a loop, in a macro, or after this line: set it before, and inside loops use namespace()`,
      suggestion: undefined,
    };
  }
  const known = [...around.assigned, ...around.names.keys(), ...around.globals.keys()];
  const suggestion = nearest(name, known);
  const set = `set it first: {% set ${name} = 0 %}, or give a default: ${name}|default(0)`;
  return { fix: suggestion === undefined ? set : `did you mean '${suggestion}'? Otherwise ${set}`, suggestion };
}

function aboutMember(owner: Value, key: string, around: Surroundings, fix: string | undefined): Advice {
  const names = namesOf(owner);
  const suggestion = nearest(key, names);
  const didYouMean = suggestion === undefined ? "" : `did you mean '${suggestion}'? Otherwise `;
  if (owner === around.names.get("params")) {
    return {
      fix: `${didYouMean}call the macro with ${key}=..., or give a default: params.${key}|default(0)`,
      suggestion,
    };
  }
  if (owner instanceof HostMapping) return aboutHostMember(owner, key);
  const listed = names.slice(0, MAX_LISTED).join(", ") + (names.length > MAX_LISTED ? ", ..." : "");
  const has = owner instanceof PyDict && suggestion === undefined && names.length > 0 ? `it has ${listed}; ` : "";
  return { fix: `${didYouMean}${has}${fix ?? "give a default: value|default(0)"}`, suggestion };
}

/** `printer["output_pin lght"]`: only sections of the same type can have been meant. */
function aboutHostMember(owner: HostMapping, key: string): Advice {
  const [type = "", ...rest] = key.split(" ");
  const wanted = rest.join(" ");
  const prefix = `${type} `;
  const siblings = owner.names().filter((name) => name.startsWith(prefix));
  const near =
    wanted === ""
      ? nearest(key, owner.names())
      : nearest(
          wanted,
          siblings.map((name) => name.slice(prefix.length)),
        );
  const suggestion = near === undefined || wanted === "" ? near : prefix + near;
  const didYouMean = suggestion === undefined ? "" : `did you mean '${suggestion}'? Otherwise `;
  return {
    fix: `${didYouMean}add [${key}] to the config, or ask first: {% if '${key}' in ${owner.typeName} %}`,
    suggestion,
  };
}

function namesOf(owner: Value): string[] {
  if (owner instanceof HostMapping) return owner.names();
  if (owner instanceof PyNamespace) return [...owner.names()];
  return owner instanceof PyDict
    ? owner.entries().flatMap(({ key }) => (typeof key === "string" ? [key] : []))
    : memberNames(owner);
}

/** Names that statements assign: `set`, `for`, `with`, `macro`. */
export function assignedNames(statements: readonly Statement[], found: Set<string> = new Set()): Set<string> {
  for (const statement of statements) {
    switch (statement.kind) {
      case "set":
        addTarget(statement.target, found);
        break;
      case "if":
        for (const branch of statement.branches) assignedNames(branch.body, found);
        assignedNames(statement.otherwise, found);
        break;
      case "for":
        addTarget(statement.target, found);
        assignedNames(statement.body, found);
        assignedNames(statement.otherwise, found);
        break;
      case "set_block":
        addTarget(statement.target, found);
        assignedNames(statement.body, found);
        break;
      case "macro":
        found.add(statement.name);
        for (const name of statement.parameters.names) found.add(name);
        assignedNames(statement.body, found);
        break;
      case "with":
        for (const target of statement.targets) addTarget(target, found);
        assignedNames(statement.body, found);
        break;
      case "call_block":
      case "filter_block":
        assignedNames(statement.body, found);
        break;
      default:
        break;
    }
  }
  return found;
}

function addTarget(target: Target, found: Set<string>): void {
  if (target.kind === "name") found.add(target.name);
  else if (target.kind === "tuple") for (const item of target.items) addTarget(item, found);
}
