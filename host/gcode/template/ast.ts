// thread: host
import type { Ordering } from "./compare.js";
import type { BinaryOperator, UnaryOperator } from "./operators.js";
import type { Value } from "./values.js";

export type CompareOperator = Ordering | "==" | "!=" | "in" | "not in";

/** Arguments of a call, filter or test. */
export interface CallArguments {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [string, Expression])[];
  /** `*list` */
  readonly spread: Expression | undefined;
  /** `**dict` */
  readonly spreadNamed: Expression | undefined;
}

interface Node {
  /** Line of the template, from 1. */
  readonly line: number;
}

export type Expression =
  | (Node & { readonly kind: "constant"; readonly value: Value })
  | (Node & { readonly kind: "name"; readonly name: string })
  | (Node & { readonly kind: "list"; readonly items: readonly Expression[] })
  | (Node & { readonly kind: "tuple"; readonly items: readonly Expression[] })
  | (Node & { readonly kind: "dict"; readonly pairs: readonly (readonly [Expression, Expression])[] })
  | (Node & { readonly kind: "not"; readonly operand: Expression })
  | (Node & { readonly kind: "unary"; readonly op: UnaryOperator; readonly operand: Expression })
  | (Node & { readonly kind: "and"; readonly left: Expression; readonly right: Expression })
  | (Node & { readonly kind: "or"; readonly left: Expression; readonly right: Expression })
  | (Node & { readonly kind: "concat"; readonly parts: readonly Expression[] })
  | (Node & {
      readonly kind: "binary";
      readonly op: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    })
  | (Node & {
      readonly kind: "compare";
      readonly first: Expression;
      readonly rest: readonly (readonly [CompareOperator, Expression])[];
    })
  | (Node & {
      readonly kind: "condition";
      readonly test: Expression;
      readonly whenTrue: Expression;
      readonly otherwise: Expression | undefined;
    })
  | (Node & {
      readonly kind: "filter";
      /** `undefined`: the text of a filter block. */
      readonly operand: Expression | undefined;
      readonly name: string;
      readonly args: CallArguments;
    })
  | (Node & {
      readonly kind: "test";
      readonly operand: Expression;
      readonly name: string;
      readonly args: CallArguments;
    })
  | (Node & { readonly kind: "attribute"; readonly operand: Expression; readonly name: string })
  | (Node & { readonly kind: "item"; readonly operand: Expression; readonly key: Expression })
  | (Node & {
      readonly kind: "slice";
      readonly operand: Expression;
      readonly start: Expression | undefined;
      readonly stop: Expression | undefined;
      readonly step: Expression | undefined;
    })
  | (Node & { readonly kind: "call"; readonly callee: Expression; readonly args: CallArguments });

/** What `set`, `for` and `with` assign to. */
export type Target =
  | (Node & { readonly kind: "name"; readonly name: string })
  | (Node & { readonly kind: "tuple"; readonly items: readonly Target[] })
  | (Node & { readonly kind: "member"; readonly owner: string; readonly name: string });

/** Parameters of a macro or call block. */
export interface Parameters {
  readonly names: readonly string[];
  /** For the last parameters, in the order of `names`. */
  readonly defaults: readonly Expression[];
}

export type Statement =
  | (Node & { readonly kind: "text"; readonly text: string })
  | (Node & { readonly kind: "output"; readonly values: readonly Expression[] })
  | (Node & { readonly kind: "do"; readonly value: Expression })
  | (Node & {
      readonly kind: "if";
      readonly branches: readonly { readonly test: Expression; readonly body: readonly Statement[] }[];
      readonly otherwise: readonly Statement[];
    })
  | (Node & {
      readonly kind: "for";
      readonly target: Target;
      readonly iterable: Expression;
      readonly filter: Expression | undefined;
      readonly recursive: boolean;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    })
  | (Node & { readonly kind: "set"; readonly target: Target; readonly value: Expression })
  | (Node & {
      readonly kind: "set_block";
      readonly target: Target;
      readonly filter: Expression | undefined;
      readonly body: readonly Statement[];
    })
  | (Node & {
      readonly kind: "macro";
      readonly name: string;
      readonly parameters: Parameters;
      readonly body: readonly Statement[];
    })
  | (Node & {
      readonly kind: "call_block";
      readonly call: Expression;
      readonly parameters: Parameters;
      readonly body: readonly Statement[];
    })
  | (Node & { readonly kind: "filter_block"; readonly filter: Expression; readonly body: readonly Statement[] })
  | (Node & {
      readonly kind: "with";
      readonly targets: readonly Target[];
      readonly values: readonly Expression[];
      readonly body: readonly Statement[];
    })
  | (Node & { readonly kind: "break" })
  | (Node & { readonly kind: "continue" });
