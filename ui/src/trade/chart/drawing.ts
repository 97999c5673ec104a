/** The chart of candles, drawn by lightweight-charts, which comes when a chart is shown and not before. */
import { CandlestickSeries, ColorType, createChart, HistogramSeries, LineStyle, type IChartApi, type ISeriesApi, type UTCTimestamp } from "lightweight-charts";
import { forDrawing } from "../../words/amounts.ts";
import type { Candle } from "./candles.ts";

export class Drawing {
  readonly #chart: IChartApi;
  readonly #candles: ISeriesApi<"Candlestick">;
  readonly #volume: ISeriesApi<"Histogram">;
  readonly #place: HTMLElement;
  #count = 0;
  #isOver = false;

  constructor(place: HTMLElement, step: string, locale: string) {
    this.#place = place;
    this.#chart = createChart(place, {
      autoSize: true,
      localization: { locale },
      layout: { attributionLogo: false, fontFamily: getComputedStyle(place).fontFamily, fontSize: 12 },
      rightPriceScale: { borderVisible: false },
      timeScale: { borderVisible: false, timeVisible: true },
    });
    const places = step.split(".")[1]?.length ?? 0;
    this.#candles = this.#chart.addSeries(CandlestickSeries, { priceFormat: { type: "price", precision: places, minMove: forDrawing(step) }, borderVisible: true });
    this.#volume = this.#chart.addSeries(HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
    this.#chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.85, bottom: 0 } });
    this.recolour();
  }

  /** After the reader has chosen other colours. */
  recolour(): void {
    const style = getComputedStyle(this.#place);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    this.#chart.applyOptions({
      layout: { background: { type: ColorType.Solid, color: colour("--ground") }, textColor: colour("--quiet") },
      grid: { vertLines: { color: colour("--hairline") }, horzLines: { color: colour("--hairline") } },
    });
    const [up, down] = [colour("--up"), colour("--down")];
    // Filled where the price fell, hollow where it rose: not by colour alone.
    this.#candles.applyOptions({ upColor: colour("--ground"), borderUpColor: up, wickUpColor: up, downColor: down, borderDownColor: down, wickDownColor: down });
    this.#volume.applyOptions({ color: colour("--line") });
  }

  show(candles: Candle[]): void {
    const last = candles.at(-1);
    if (last && (candles.length === this.#count || candles.length === this.#count + 1) && this.#count > 0) {
      this.#candles.update(bar(last));
      this.#volume.update(column(last));
    } else {
      this.#candles.setData(candles.map(bar));
      this.#volume.setData(candles.map(column));
      this.#chart.timeScale().scrollToRealTime();
    }
    this.#count = candles.length;
  }

  /** Other candles than before: all of them are drawn anew. */
  forget(): void {
    this.#count = 0;
  }

  point(candle: Candle): void {
    this.#chart.setCrosshairPosition(forDrawing(candle.close), seconds(candle), this.#candles);
  }

  unpoint(): void {
    this.#chart.clearCrosshairPosition();
  }

  /** Of what shows prices, in pixels. */
  get height(): number {
    return this.#isOver ? 0 : this.#chart.paneSize().height;
  }

  /** How far below the top a price stands, whether in sight or not; null while there are no prices. */
  yOf(price: string): number | null {
    return this.#isOver ? null : this.#candles.priceToCoordinate(forDrawing(price));
  }

  priceAt(y: number): number | null {
    return this.#isOver ? null : this.#candles.coordinateToPrice(y);
  }

  /** Tells whenever it was drawn anew, for what stands over it. */
  onDrawn(listener: () => void): () => void {
    const follower = { updateAllViews: () => void (this.#isOver || listener()) };
    this.#candles.attachPrimitive(follower);
    return () => void (this.#isOver || this.#candles.detachPrimitive(follower));
  }

  /** Lines across it, until what it gives is called. */
  lines(at: readonly { price: string; isBuy: boolean }[]): () => void {
    if (this.#isOver) return () => undefined;
    const style = getComputedStyle(this.#place);
    const made = at.map(({ price, isBuy }) =>
      this.#candles.createPriceLine({
        price: forDrawing(price), color: style.getPropertyValue(isBuy ? "--up" : "--down").trim(), lineWidth: 1,
        lineStyle: isBuy ? LineStyle.Solid : LineStyle.Dashed, axisLabelVisible: true,
      }),
    );
    return () => {
      if (!this.#isOver) for (const line of made) this.#candles.removePriceLine(line);
    };
  }

  end(): void {
    this.#isOver = true;
    this.#chart.remove();
  }
}

/** Shown in the reader's zone: the library knows no zones, so the time is moved. */
function seconds(candle: Candle): UTCTimestamp {
  const away = new Date(candle.openMs).getTimezoneOffset() * 60_000;
  return ((candle.openMs - away) / 1_000) as UTCTimestamp;
}

function bar(candle: Candle): { time: UTCTimestamp; open: number; high: number; low: number; close: number } {
  return { time: seconds(candle), open: forDrawing(candle.open), high: forDrawing(candle.high), low: forDrawing(candle.low), close: forDrawing(candle.close) };
}

function column(candle: Candle): { time: UTCTimestamp; value: number } {
  return { time: seconds(candle), value: forDrawing(candle.volume) };
}
