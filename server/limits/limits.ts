import { AppError } from '../base/appError.ts';
import type { Disposable } from '../base/disposables.ts';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../log/logger.ts';
import { LimitName, type Limit } from '../protocol/limits.ts';
import type { Store } from '../store/store.ts';
import { limitTable, type LimitRow, type LimitValues } from './limitTable.ts';
import type { Machine } from './machine.ts';

/** What the limits are read and kept with. */
export interface LimitsPorts {
  readonly store: Pick<Store, 'getSetting' | 'setSetting'>;
  readonly machine: Machine;
  readonly log: Logger;
}

/** The one place where limits are read: what a person set, else the defaults of this machine. */
export class Limits {
  readonly #ports: LimitsPorts;
  readonly #table: Readonly<Record<LimitName, LimitRow>>;
  readonly #changes = new Emitter<LimitName>();
  readonly #set = new Map<LimitName, number>();

  private constructor(ports: LimitsPorts) {
    this.#ports = ports;
    this.#table = limitTable(ports.machine);
  }

  /** Reads what was set; a value that this version or this machine does not take is left out and logged. */
  static async open(ports: LimitsPorts): Promise<Limits> {
    const limits = new Limits(ports);
    await Promise.all(LimitName.options.map((name) => limits.#read(name)));
    return limits;
  }

  /** What counts for a task that begins now. */
  get values(): LimitValues {
    return Object.fromEntries(LimitName.options.map((name) => [name, this.#set.get(name) ?? this.#table[name].default])) as LimitValues;
  }

  /** Every limit as it stands; `holderOf` says what holds those of the sandbox, as far as that is known. */
  list(holderOf: (name: LimitName) => Limit['enforcedBy']): Limit[] {
    return LimitName.options.map((name) => this.get(name, holderOf));
  }

  /** One limit as it stands. */
  get(name: LimitName, holderOf: (name: LimitName) => Limit['enforcedBy']): Limit {
    const row = this.#table[name];
    const enforcedBy = row.enforcedBy ?? holderOf(name);
    return { name, ...row, value: this.#set.get(name) ?? row.default, ...(enforcedBy === undefined ? {} : { enforcedBy }) };
  }

  /** Sets a limit, or gives it back its default. Throws `invalid_params` for a value outside of what it may be. */
  async set(name: LimitName, value: number | null): Promise<void> {
    const { label, least, most } = this.#table[name];
    if (value !== null && !this.#isAllowed(name, value)) {
      throw new AppError('invalid_params', `${label} is between ${least} and ${most}, not ${value}.`, {
        reason: 'out_of_range',
        hint: 'Choose a value between these.',
        details: { path: 'value', least, most },
      });
    }
    await this.#ports.store.setSetting({ key: keyOf(name), value: JSON.stringify(value) });
    this.#keep(name, value);
    this.#ports.log.info(`${label} was set to ${value ?? 'its default'}.`);
    this.#changes.emit(name);
  }

  /** Called with each limit that was set. */
  onChanged(listener: (name: LimitName) => void): Disposable {
    return this.#changes.on(listener);
  }

  async #read(name: LimitName): Promise<void> {
    const stored = await this.#ports.store.getSetting(keyOf(name));
    const value = stored === undefined || stored === 'null' ? null : Number(stored);
    if (value === null || this.#isAllowed(name, value)) return this.#keep(name, value);
    this.#ports.log.warn(`${this.#table[name].label} is not set to ${stored}, which it cannot be here, but to its default.`);
  }

  #isAllowed(name: LimitName, value: number): boolean {
    const { least, most } = this.#table[name];
    return Number.isSafeInteger(value) && value >= least && value <= most;
  }

  #keep(name: LimitName, value: number | null): void {
    if (value === null) this.#set.delete(name);
    else this.#set.set(name, value);
  }
}

const keyOf = (name: LimitName): string => `limit.${name}`;
