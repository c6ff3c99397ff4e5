// Reads the event stream as browsers' code does: decode, cut at blank lines, stop at [DONE].
// Prints how often something arrived, and the text of each section.
const { SOAPNOTEAPI_BASE_URL: base, SOAPNOTEAPI_KEY: key, TRANSCRIPT: transcript } = process.env;

const response = await fetch(`${base}/v1/stream/note`, {
  method: "POST",
  headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json", Accept: "text/event-stream" },
  body: JSON.stringify({ transcript, specialty: "physician" }),
});

const reader = response.body.getReader();
const decoder = new TextDecoder();
const sections = {};
let pieces = 0;
let done = false;
let buffer = "";
for (;;) {
  const { value, done: ended } = await reader.read();
  if (ended) break;
  pieces += 1;
  buffer += decoder.decode(value, { stream: true });
  const events = buffer.split("\n\n");
  buffer = events.pop();
  for (const event of events) {
    if (!event.startsWith("data: ")) continue;
    const data = event.slice(6);
    if (data === "[DONE]") {
      done = true;
      continue;
    }
    const { section, content } = JSON.parse(data);
    sections[section] = (sections[section] ?? "") + content;
  }
}
console.log(JSON.stringify({ http: response.status, type: response.headers.get("content-type"), pieces, done, sections }));
