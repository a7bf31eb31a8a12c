// Counts words: the Node.js example.

/** Gives each word of the event with how often it stands there. */
export const handler = async (event) => {
  const counts = {};
  for (const word of event.words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
};
