// thread: host
import type { CallArguments, Expression } from "./ast.js";

/** Filters whose value Jinja never computes in advance. */
const UNFOLDED = new Set(["map", "select", "reject", "selectattr", "rejectattr", "random"]);

/** Whether Jinja computes the expression when it compiles the template. */
export function isFoldable(node: Expression | undefined): boolean {
  if (node === undefined) return true;
  const allFoldable = (nodes: readonly (Expression | undefined)[]) => nodes.every(isFoldable);
  const foldableArguments = ({ positional, named, spread, spreadNamed }: CallArguments) =>
    allFoldable([...positional, ...named.map(([, value]) => value), spread, spreadNamed]);
  switch (node.kind) {
    case "constant":
      return true;
    case "name":
    case "call":
      return false;
    case "list":
    case "tuple":
      return allFoldable(node.items);
    case "dict":
      return allFoldable(node.pairs.flat());
    case "not":
    case "unary":
    case "attribute":
      return isFoldable(node.operand);
    case "and":
    case "or":
    case "binary":
      return allFoldable([node.left, node.right]);
    case "concat":
      return allFoldable(node.parts);
    case "compare":
      return allFoldable([node.first, ...node.rest.map(([, value]) => value)]);
    case "condition":
      return allFoldable([node.test, node.whenTrue, node.otherwise]);
    case "filter":
      return !UNFOLDED.has(node.name) && isFoldable(node.operand) && foldableArguments(node.args);
    case "test":
      return isFoldable(node.operand) && foldableArguments(node.args);
    case "item":
      return allFoldable([node.operand, node.key]);
    case "slice":
      return allFoldable([node.operand, node.start, node.stop, node.step]);
  }
}
