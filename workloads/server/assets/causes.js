// What the evidence points at, in words.

const CAUSES = new Map([
  ["ServerCpu", "the server did not get the processor in time"],
  ["ClientCpu", "the client did not get the processor in time"],
  ["Network", "packets were lost, held back or reordered on the way"],
  ["Codec", "programs and network are well, and pictures still do not come out as they went in"],
  ["Unknown", "the evidence does not say"],
]);

// Empty for one that this page does not know.
export function causeWords(cause) {
  return CAUSES.get(cause) ?? "";
}
