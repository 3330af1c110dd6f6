'use strict';
// Takes the place of VS Code's native logger in the server of the tests: the same calls, plain files, no rotation.
const fs = require('fs');
const path = require('path');

const levelNames = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'];
let globalLevel = 0;

class Logger {
  constructor(file) {
    this.level = globalLevel;
    this.isPlain = false;
    if (file) fs.mkdirSync(path.dirname(file), { recursive: true });
    this.descriptor = file ? fs.openSync(file, 'a') : undefined;
  }

  write(level, text) {
    if (this.descriptor === undefined || level < this.level) return;
    const stamp = new Date().toISOString().replace('T', ' ').slice(0, 23);
    fs.writeSync(this.descriptor, this.isPlain ? text : `${stamp} [${levelNames[level]}] ${text}\n`);
  }

  trace(text) {
    this.write(0, text);
  }
  debug(text) {
    this.write(1, text);
  }
  info(text) {
    this.write(2, text);
  }
  warn(text) {
    this.write(3, text);
  }
  error(text) {
    this.write(4, text);
  }
  critical(text) {
    this.write(5, text);
  }
  getLevel() {
    return this.level;
  }
  setLevel(level) {
    this.level = level;
  }
  setPattern() {}
  clearFormatters() {
    this.isPlain = true;
  }
  flush() {}
  drop() {
    if (this.descriptor !== undefined) fs.closeSync(this.descriptor);
    this.descriptor = undefined;
  }
}

const openLogger = (name, file) => Promise.resolve(new Logger(file));

// One assignment each, because VS Code imports this as a module and Node finds the names by reading the text.
exports.version = 11500;
exports.LogLevel = { Trace: 0, Debug: 1, Info: 2, Warning: 3, Error: 4, Critical: 5, Off: 6 };
exports.Logger = Logger;
exports.setLevel = (level) => {
  globalLevel = level;
};
exports.setFlushOn = () => {};
exports.createRotatingLogger = openLogger;
exports.createAsyncRotatingLogger = openLogger;
