// The text of one job's log: whole lines and the byte offset behind them. REST chunks and live frames both carry byte
// offsets, so what comes twice is cut off and what is missing is noticed.

const NEWLINE = 10;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
// Colours and cursor moves of terminals.
const CONTROL = /\u001b\[[0-9;?]*[A-Za-z]|\r/g;

export class LogText {
  lines = [];
  dropped = 0;
  end = 0;

  constructor(most = 50_000) {
    this.most = most;
  }

  /**
   * Takes the whole lines of a chunk that begins at the end; returns how many bytes that were. A beginning of a line is
   * left for the next read, unless all is wanted: nothing more will come, or the line fills the whole chunk.
   */
  chunk(bytes, all) {
    const taken = all ? bytes.length : bytes.lastIndexOf(NEWLINE) + 1;
    if (taken > 0) {
      const text = decoder.decode(bytes.subarray(0, taken));
      this.#add(text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n'));
      this.end += taken;
    }
    return taken;
  }

  /** Takes a live frame; false if lines between the end and the frame are missing. */
  frame(offset, lines) {
    if (offset > this.end) return false;
    const fresh = [];
    let at = offset;
    for (const line of lines) {
      if (at >= this.end) fresh.push(line);
      at += encoder.encode(line).length + 1;
    }
    if (fresh.length > 0) {
      this.#add(fresh);
      this.end = at;
    }
    return true;
  }

  #add(lines) {
    for (const line of lines) this.lines.push(line.replace(CONTROL, ''));
    const over = this.lines.length - this.most;
    if (over > 0) {
      this.lines.splice(0, over + this.most / 10);
      this.dropped += over + this.most / 10;
    }
  }
}
