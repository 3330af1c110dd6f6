/** Where the reader of a session was: a step of a turn, a block of it, and how far below the top of the view that stood, in px. */
export interface ReadingPlace {
  readonly sessionId: string;
  /** Of the turn. */
  readonly ordinal: number;
  /** What the step goes by, as its `data-anchor`. */
  readonly anchor: string;
  /** Place of the block among those of the step; absent for the step as a whole. */
  readonly block?: number;
  readonly offset: number;
}

const maxPlaces = 100;

/** The place of reading of each session that was not left at its end, the latest last. */
export class ReadingPlaces {
  readonly #places: Map<string, ReadingPlace>;

  constructor(places: readonly ReadingPlace[]) {
    this.#places = new Map(places.map((place) => [place.sessionId, place]));
  }

  of(sessionId: string): ReadingPlace | undefined {
    return this.#places.get(sessionId);
  }

  /** Remembers where the reader is; at the end of a session there is nothing to remember. */
  note(sessionId: string, place: ReadingPlace | undefined): void {
    this.#places.delete(sessionId);
    if (place !== undefined) this.#places.set(sessionId, place);
  }

  /** What is to outlive the page. */
  all(): readonly ReadingPlace[] {
    return [...this.#places.values()].slice(-maxPlaces);
  }
}
