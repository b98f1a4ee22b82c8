import type { Circus } from '@jest/types';
import { framesOf } from '../src/base/stack';
import { showUsersLine } from '../src/base/errors';

/**
 * Makes what Jest prints of a failure begin with the user's line: that in the error's stack or, for an error
 * of this package without any, that which has registered the test or the hook. What has registered a test is
 * its location too.
 */
export function showUsersLines(event: Circus.Event, state: Circus.State): void {
  switch (event.name) {
    case 'add_test':
      // To make a stack takes long, and Jest itself reads it only then.
      if (state.includeTestLocationInResult) showUsersLine(event.asyncError);
      break;
    case 'test_fn_failure':
      showFailure(event.error, event.test.asyncError);
      break;
    case 'hook_failure':
      showFailure(event.error, event.hook.asyncError);
      break;
    case 'error':
      showUsersLine(event.error);
      break;
  }
}

/** @param registered what Jest has noted where the test or the hook was registered. */
export function showFailure(error: unknown, registered: Circus.Exception): void {
  showUsersLine(registered);
  showUsersLine(error, framesOf((registered as Error).stack ?? '', ''));
}
