import type * as Ts from 'typescript';

/** The part of ts-jest's compiler that matters here. */
interface Compiler {
  readonly configSet: { readonly compilerModule: typeof Ts };
}

/** For ts-jest's cache. */
export const name = 'import-meta';
export const version = 1;

/**
 * Gives a module that is compiled to CommonJS what Node and Jest have in `import.meta`: `url`, `filename`,
 * `dirname` and `resolve()`. ts-jest calls it for each file.
 */
export function factory({
  configSet: { compilerModule: ts },
}: Compiler): Ts.TransformerFactory<Ts.SourceFile> {
  const { factory: make } = ts;
  const call = (callee: Ts.Expression, ...values: Ts.Expression[]): Ts.Expression =>
    make.createCallExpression(callee, undefined, values);
  const member = (object: Ts.Expression, key: string): Ts.Expression =>
    make.createPropertyAccessExpression(object, key);
  const urlOf = (path: Ts.Expression): Ts.Expression =>
    member(
      call(
        member(call(make.createIdentifier('require'), make.createStringLiteral('node:url')), 'pathToFileURL'),
        path,
      ),
      'href',
    );
  const meta = (): Ts.Expression => {
    const name = make.createIdentifier('name');
    const resolved = call(member(make.createIdentifier('require'), 'resolve'), name);
    const parameter = make.createParameterDeclaration(undefined, undefined, 'name');
    const resolve = make.createArrowFunction(
      undefined,
      undefined,
      [parameter],
      undefined,
      undefined,
      urlOf(resolved),
    );
    return make.createParenthesizedExpression(
      make.createObjectLiteralExpression([
        make.createPropertyAssignment('url', urlOf(make.createIdentifier('__filename'))),
        make.createPropertyAssignment('filename', make.createIdentifier('__filename')),
        make.createPropertyAssignment('dirname', make.createIdentifier('__dirname')),
        make.createPropertyAssignment('resolve', resolve),
      ]),
    );
  };
  return (context) => (file) => {
    const visit = (node: Ts.Node): Ts.Node =>
      ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword
        ? meta()
        : ts.visitEachChild(node, visit, context);
    return ts.visitNode(file, visit) as Ts.SourceFile;
  };
}
