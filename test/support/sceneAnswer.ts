/** An answer in Markdown as the pictures have it: prose, code and a table. */
export const sceneAnswer = `The test measures wall time, and \`waitMs\` may be late by a tick. I gave it a clock of its own:

\`\`\`ts
const clock = new FakeClock();
const run = retry(request, { clock, tries: 3 });
await clock.advance(1000); // Retry-After: 1
\`\`\`

| Case | Before | After |
|---|---:|---:|
| Gives up after three | 1,214 ms | 3 ms |
| Honours Retry-After | 1,017 ms | 2 ms |
`;
