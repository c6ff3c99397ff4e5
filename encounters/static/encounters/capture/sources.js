// Where sound comes from: the microphone, and a browser tab in which the call runs. Errors are words for the person.

export async function microphone(deviceId) {
  const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  if (deviceId) wanted.deviceId = { exact: deviceId };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: wanted });
  } catch (error) {
    throw new Error(MICROPHONE[error.name] ?? "The microphone can't be used. Check it, then try again.");
  }
}

const MICROPHONE = {
  NotAllowedError: "This page may not use the microphone. Allow it beside the address of the page, then try again.",
  NotFoundError: "No microphone was found. Connect one, then try again.",
  OverconstrainedError: "That microphone is not connected any more. Choose another.",
  NotReadableError: "Another program holds the microphone. Close it there, then try again.",
};

// The browser's processing is made for voices in a room and damages a tab's sound. It gives sound only together with
// pictures; those are ended at once.
export async function tabSound() {
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  let stream;
  try {
    stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio, systemAudio: "include" });
  } catch {
    throw new Error("No tab was shared. Choose the tab with the call, or record without it.");
  }
  stream.getVideoTracks().forEach((track) => track.stop());
  if (!stream.getAudioTracks().length) {
    throw new Error("The tab was shared without its sound. Try again, and tick “Share tab audio” when asked.");
  }
  return new MediaStream(stream.getAudioTracks());
}

export const tabSoundOffered = () =>
  Boolean(navigator.mediaDevices?.getDisplayMedia) && Boolean(globalThis.chrome || navigator.userAgentData);

export async function microphones() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind, deviceId }) => kind === "audioinput" && deviceId);
}
