/** The embedded model ends with this code when its weights are not the ones that were installed. */
export const damagedExitCode = 3;
