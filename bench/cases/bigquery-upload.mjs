// @ts-check
import { data } from '../data.mjs';
import { UploadSink } from '../bigquery.mjs';
import { defineCase } from './case.mjs';

export default defineCase({
  results: [
    {
      id: 'bigquery-upload',
      work: 'upload of target-bigquery of a file of 300 MB to a sink that counts bytes',
      against: 'curl of the same file',
      unit: 'times as fast',
      floor: 0.7,
      goal: 1,
    },
  ],
  async round() {
    const file = await data('resale', 1_000_000, 'singer');
    const sink = await UploadSink.start();
    try {
      const limit = { seconds: await sink.curl(file), processes: [] };
      return { limit, ours: { 'bigquery-upload': { seconds: await sink.ours(file), processes: [] } } };
    } finally {
      sink.stop();
    }
  },
});
