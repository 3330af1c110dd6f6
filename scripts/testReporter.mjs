// A vitest reporter that writes what happened as JSON, with the reason of each skipped test, for the closing line of `npm test`.
import fs from 'node:fs';
import path from 'node:path';

/** Writes {passed, failed, skipped: [{name, reason}], broken: [text]} to the file named by LOGOS_TEST_REPORT. */
export default class TestReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const report = { passed: 0, failed: 0, skipped: [], broken: unhandledErrors.map((error) => String(error.message)) };
    for (const module of modules) {
      for (const error of module.errors()) report.broken.push(`${module.relativeModuleId}: ${error.message}`);
      for (const suite of module.children.allSuites()) {
        for (const error of suite.errors()) report.broken.push(`${suite.fullName}: ${error.message}`);
      }
      for (const test of module.children.allTests()) this.count(report, module, test);
    }
    const file = process.env.LOGOS_TEST_REPORT;
    if (!file) return;
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, JSON.stringify(report));
  }

  count(report, module, test) {
    const result = test.result();
    if (result.state === 'passed') report.passed++;
    else if (result.state === 'skipped') report.skipped.push({ name: `${module.relativeModuleId} > ${test.fullName}`, reason: result.note ?? '' });
    else report.failed++;
  }
}
