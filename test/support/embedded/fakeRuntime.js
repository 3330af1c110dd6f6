// A runtime with the part of node-llama-cpp's surface that the embedded model uses: it says the last message again, word by word.
// "slow" in the message takes its time between words, "forever" has no end.
import { setTimeout as sleep } from 'node:timers/promises';

export async function getLlama() {
  return {
    async loadModel() {
      await sleep(50);
      return { tokenize: (text) => text.split(/\s+/), createContext: async () => ({ getSequence: () => ({ nextTokenIndex: 0, tokenMeter: { usedInputTokens: 0, usedOutputTokens: 0 } }) }) };
    },
  };
}

export class LlamaChat {
  constructor({ contextSequence }) {
    this.sequence = contextSequence;
    this.isBusy = false;
  }

  async generateResponse(history, { signal, onTextChunk, maxTokens }) {
    if (this.isBusy) throw new Error('Two answers at one time.');
    this.isBusy = true;
    try {
      const said = history.findLast((item) => item.type === 'user').text;
      const words = ['You', 'said', ...said.split(/\s+/)];
      this.sequence.tokenMeter.usedInputTokens += words.length;
      for (let n = 0; n < maxTokens && (n < words.length || said.includes('forever')); n++) {
        if (signal.aborted) throw new Error('AbortError');
        this.sequence.tokenMeter.usedOutputTokens += 1;
        onTextChunk(`${words[n] ?? 'more'} `);
        await sleep(said.includes('slow') ? 30 : 2);
      }
      return { metadata: { stopReason: 'eogToken' } };
    } finally {
      this.isBusy = false;
    }
  }
}
