// Operators of mutation testing: the small mistakes that a test must notice. Each works on the syntax tree of one file.
import ts from "typescript";

/**
 * One mistake in one place.
 *
 * @typedef {object} Mutation
 * @property {string} operator
 * @property {number} start Offset in the text.
 * @property {number} end
 * @property {string} replacement
 */

/** @type {ReadonlyMap<ts.SyntaxKind, readonly [operator: string, replacement: string]>} */
const BINARY = new Map([
  [ts.SyntaxKind.LessThanToken, ["bound moved", "<="]],
  [ts.SyntaxKind.LessThanEqualsToken, ["bound moved", "<"]],
  [ts.SyntaxKind.GreaterThanToken, ["bound moved", ">="]],
  [ts.SyntaxKind.GreaterThanEqualsToken, ["bound moved", ">"]],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, ["comparison negated", "!=="]],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, ["comparison negated", "==="]],
  [ts.SyntaxKind.AmpersandAmpersandToken, ["and, or", "||"]],
  [ts.SyntaxKind.BarBarToken, ["and, or", "&&"]],
  [ts.SyntaxKind.PlusToken, ["plus, minus", "-"]],
  [ts.SyntaxKind.MinusToken, ["plus, minus", "+"]],
]);

/**
 * @typedef {readonly [operator: string, place: ts.Node, replacement: string]} Change
 * @type {readonly ((node: ts.Node, source: ts.SourceFile) => Change | undefined)[]}
 */
const OPERATORS = [
  (node, source) => {
    const condition = conditionOf(node);
    if (condition === undefined || isEquality(condition)) return undefined; // comparisons have an operator of their own
    return ["condition negated", condition, `!(${condition.getText(source)})`];
  },
  (node) => {
    const rule = ts.isBinaryExpression(node) ? BINARY.get(node.operatorToken.kind) : undefined;
    return rule && [rule[0], /** @type {ts.BinaryExpression} */ (node).operatorToken, rule[1]];
  },
  (node, source) => (isCount(node) ? ["counter stopped", node, node.operand.getText(source)] : undefined),
  (node) => (node.kind === ts.SyntaxKind.TrueKeyword ? ["boolean swapped", node, "false"] : undefined),
  (node) => (node.kind === ts.SyntaxKind.FalseKeyword ? ["boolean swapped", node, "true"] : undefined),
  (node) => {
    if (!ts.isReturnStatement(node)) return undefined;
    if (node.expression === undefined) return ["statement deleted", node, ";"];
    if (ts.isNumericLiteral(node.expression)) return ["return emptied", node, "return -1;"];
    return isPlain(node.expression) ? undefined : ["return emptied", node, "return undefined;"];
  },
  (node) => (isDeletable(node) ? ["statement deleted", node, ";"] : undefined),
];

/**
 * Lists the mutations of a source, in the order of the text.
 *
 * @param {string} path Decides nothing but the names in messages of the parser.
 * @param {string} text
 * @returns {Mutation[]}
 */
export function mutationsOf(path, text) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  /** @type {Mutation[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isImportDeclaration(node)) return;
    for (const change of OPERATORS.map((operator) => operator(node, source))) {
      if (change === undefined) continue;
      const [operator, place, replacement] = change;
      found.push({ operator, start: place.getStart(source), end: place.getEnd(), replacement });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** @param {ts.Node} node */
function conditionOf(node) {
  if (ts.isIfStatement(node) || ts.isWhileStatement(node)) return node.expression;
  return ts.isConditionalExpression(node) ? node.condition : undefined;
}

/** @param {ts.Expression} node */
function isEquality(node) {
  return ts.isBinaryExpression(node) && /^[!=]==$/.test(node.operatorToken.getText());
}

/** A count inside an expression; as a statement it is deleted, and a loop that does not count never ends. @param {ts.Node} node @returns {node is ts.PostfixUnaryExpression} */
function isCount(node) {
  return ts.isPostfixUnaryExpression(node) && !ts.isExpressionStatement(node.parent) && !ts.isForStatement(node.parent);
}

/** @param {ts.Node} node */
function isDeletable(node) {
  if (ts.isContinueStatement(node) || ts.isBreakStatement(node) || ts.isThrowStatement(node)) return true;
  return ts.isExpressionStatement(node) && !isInitialisation(node);
}

/** `true`, `false` and `undefined` are swapped or stay. @param {ts.Expression} node */
function isPlain(node) {
  return node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword || node.getText() === "undefined";
}

/** Fields that a constructor takes over: without them nothing works at all. @param {ts.ExpressionStatement} node */
function isInitialisation(node) {
  return ts.isConstructorDeclaration(node.parent.parent) || /^super\(/.test(node.getText());
}
