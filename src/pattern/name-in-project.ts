/**
 * The name of a test, of an evaluation or of a block among those of all projects of Jest, which may run the same files.
 *
 * @param project its name; empty without one.
 */
export function nameInProject(project: string, name: string): string {
  return project === '' ? name : `${project} ${name}`;
}
