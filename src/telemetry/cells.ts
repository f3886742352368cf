import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/**
 * prom-client looks a series up by its labels at every count, which takes it half a microsecond, and a whole one in a
 * histogram. Whoever counts here holds the series itself, an addition away; prom-client reads it when it is scraped.
 */
export interface Cell {
  add(value: number): void;
}

export interface Cells<Label extends string> {
  /** The series of these labels. To be kept by whoever counts often. */
  of(labels: Readonly<Record<Label, string>>): Cell;
  /** Forgets a series. */
  remove(labels: Readonly<Record<Label, string>>): void;
}

interface Described<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
}

const keyOf = (names: readonly string[], labels: Readonly<Record<string, string>>): string =>
  names.map((name) => labels[name]).join('\0');

/** Series by their labels. */
class Series<Label extends string, Kept> {
  readonly #names: readonly Label[];
  readonly #make: (labels: Readonly<Record<Label, string>>) => Kept;
  readonly #kept = new Map<string, Kept>();

  constructor(names: readonly Label[], make: (labels: Readonly<Record<Label, string>>) => Kept) {
    this.#names = names;
    this.#make = make;
  }

  of(labels: Readonly<Record<Label, string>>): Kept {
    const key = keyOf(this.#names, labels);
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const made = this.#make(labels);
    this.#kept.set(key, made);
    return made;
  }

  remove(labels: Readonly<Record<Label, string>>): void {
    this.#kept.delete(keyOf(this.#names, labels));
  }

  all(): Iterable<Kept> {
    return this.#kept.values();
  }
}

class Count<Label extends string> implements Cell {
  readonly labels: Readonly<Record<Label, string>>;
  value = 0;

  constructor(labels: Readonly<Record<Label, string>>) {
    this.labels = labels;
  }

  add(value: number): void {
    this.value += value;
  }
}

/** A counter whose series are cells. */
export function createCounter<Label extends string>(
  registry: Registry,
  { name, help, labelNames }: Described<Label>,
): Cells<Label> {
  const series = new Series<Label, Count<Label>>(labelNames, (labels) => new Count(labels));
  registry.registerMetric(
    new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [],
      collect() {
        this.reset();
        for (const { labels, value } of series.all()) this.inc({ ...labels }, value);
      },
    }),
  );
  return series;
}

class Distribution<Label extends string> implements Cell {
  readonly labels: Readonly<Record<Label, string>>;
  readonly #bounds: readonly number[];
  /** The last one counts what is above every bound. */
  readonly #counts: number[];
  sum = 0;

  constructor(labels: Readonly<Record<Label, string>>, bounds: readonly number[]) {
    this.labels = labels;
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  add(value: number): void {
    let at = 0;
    for (const bound of this.#bounds) {
      if (value <= bound) break;
      at += 1;
    }
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.sum += value;
  }

  /** How many were at most each bound; the last: all. */
  cumulated(): readonly (readonly [le: string, count: number])[] {
    let sum = 0;
    return this.#counts.map((count, at) => {
      sum += count;
      return [String(this.#bounds[at] ?? '+Inf'), sum];
    });
  }
}

/**
 * What a scrape is given of a histogram's cells. Not a `Histogram` itself: of one of those the registry takes the values by
 * an inner way, and not by `get`.
 */
class CellHistogram<Label extends string> extends Gauge {
  readonly #described: Histogram;
  readonly #series: Series<Label, Distribution<Label>>;

  constructor({ name, help, labelNames }: Described<Label>, series: Series<Label, Distribution<Label>>) {
    const described = { name, help, labelNames: [...labelNames], registers: [] };
    super(described);
    this.#described = new Histogram(described);
    this.#series = series;
  }

  override async get(): ReturnType<Histogram['get']> {
    const described = await this.#described.get();
    const values = [...this.#series.all()].flatMap((cell) => valuesOf(described.name, cell));
    return { ...described, values };
  }
}

function valuesOf<Label extends string>(name: string, cell: Distribution<Label>) {
  const labels: Record<string, string> = { ...cell.labels };
  const buckets = cell.cumulated();
  return [
    ...buckets.map(([le, value]) => ({ labels: { ...labels, le }, value, metricName: `${name}_bucket` })),
    { labels, value: cell.sum, metricName: `${name}_sum` },
    { labels, value: buckets.at(-1)?.[1] ?? 0, metricName: `${name}_count` },
  ];
}

/** @param bounds of the buckets, ascending */
export function createHistogram<Label extends string>(
  registry: Registry,
  { bounds, ...described }: Described<Label> & { readonly bounds: readonly number[] },
): Cells<Label> {
  const series = new Series<Label, Distribution<Label>>(
    described.labelNames,
    (labels) => new Distribution(labels, bounds),
  );
  registry.registerMetric(new CellHistogram(described, series));
  return series;
}
