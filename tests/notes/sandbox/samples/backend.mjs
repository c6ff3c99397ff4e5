// What a Node.js backend does by the vendor's guide: fetch and FormData, the recording as a Blob, metadata as a string.
// Prints the upload's answer, the last status and the note, one JSON object a line.
const { SOAPNOTEAPI_BASE_URL: base, SOAPNOTEAPI_KEY: key, RECORDING_URL: recordingUrl } = process.env;
const headers = { Authorization: `Bearer ${key}` };
const print = (value) => console.log(JSON.stringify(value));

const recording = await fetch(recordingUrl).then((response) => response.arrayBuffer());

const formData = new FormData();
formData.append("audio", new Blob([recording], { type: "audio/mpeg" }), "call-4711.mp3");
formData.append("metadata", JSON.stringify({
  specialty: "nurse_practitioner",
  context: {
    patient_info: { name: "Jürgen Miller", age: 45, gender: undefined, medications: ["metformin"], allergies: [] },
    patient_history: "Follow-up for back pain.",
  },
  include_billing_codes: true,
  include_patient_summary: true,
}));

const response = await fetch(`${base}/v1/note/audio`, { method: "PUT", headers, body: formData });
const accepted = await response.json();
print({ http: response.status, ...accepted });

const { noteId } = accepted;
let job;
do {
  await new Promise((resolve) => setTimeout(resolve, 200));
  job = await fetch(`${base}/v1/audio/status/${noteId}`, { headers }).then((answer) => answer.json());
} while (!["completed", "failed"].includes(job.status));
print(job);
print(await fetch(`${base}/v1/note/${noteId}`, { headers }).then((answer) => answer.json()));
