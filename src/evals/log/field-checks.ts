import { isObject } from '../../base/json';

/** Finds the path, such as `[2].name`, to what is wrong in a value: empty for the value itself. */
export type Check = (value: unknown) => string | undefined;

export const text = fits((value) => typeof value === 'string');
export const number = fits(Number.isFinite);
export const whole = fits(Number.isSafeInteger);
export const object = fits(isObject);

export function fits(holds: (value: unknown) => boolean): Check {
  return (value) => (holds(value) ? undefined : '');
}

export function optional(check: Check): Check {
  return (value) => (value === undefined ? undefined : check(value));
}

export function fields(of: Readonly<Record<string, Check>>): Check {
  const all = Object.entries(of);
  return (value) => {
    if (!isObject(value)) return '';
    for (const [name, check] of all) {
      const path = check(value[name]);
      if (path !== undefined) return `.${name}${path}`;
    }
    return undefined;
  };
}

export function list(check: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return '';
    for (const [index, item] of value.entries()) {
      const path = check(item);
      if (path !== undefined) return `[${index}]${path}`;
    }
    return undefined;
  };
}
