// The phone of an agent in a browser, as the reference has it, which sends a tone and measures what
// it hears.
"use strict";

const SILENCE_DB = -70;
const PATIENCE_MS = 15000;

class Phone {
  constructor() {
    this.session = null;
    // How the call has ended, as SIP.js names it.
    this.cause = null;
    this.audio = new AudioContext();
    this.analyser = new AnalyserNode(this.audio, { fftSize: 8192, smoothingTimeConstant: 0 });
  }

  // Register an extension; what the microphone would send is a tone of so many hertz.
  async start({ ws, uri, extension, password, hz, answers }) {
    await this.audio.resume();
    const oscillator = new OscillatorNode(this.audio, { frequency: hz });
    const microphone = new MediaStreamAudioDestinationNode(this.audio);
    oscillator.connect(new GainNode(this.audio, { gain: 0.5 })).connect(microphone);
    oscillator.start();
    // SIP.js stops the tracks of a call that has ended.
    navigator.mediaDevices.getUserMedia = async () => microphone.stream.clone();
    this.options = {
      sessionDescriptionHandlerOptions: { constraints: { audio: true, video: false } },
    };
    this.agent = new SIP.UA({
      uri,
      authorizationUser: extension,
      password,
      hackIpInContact: true,
      transportOptions: { wsServers: [ws] },
      sessionDescriptionHandlerFactoryOptions: {
        peerConnectionOptions: { rtcConfiguration: { iceServers: [] } },
      },
      log: { builtinEnabled: false },
    });
    this.agent.on("invite", (session) => {
      this.follow(session);
      if (answers) session.accept(this.options);
    });
    await happened(this.agent, "registered", ["registrationFailed"]);
  }

  // Call a number, and return when somebody has answered.
  async call(number) {
    this.follow(this.agent.invite(number, this.options));
    await happened(this.session, "accepted", ["failed", "rejected"]);
  }

  follow(session) {
    this.session = session;
    this.cause = null;
    session.on("trackAdded", () => this.listen(session));
    session.on("terminated", (_, cause) => (this.cause = cause || "BYE"));
  }

  // The audio element has to play what the analyser is to get.
  listen(session) {
    const receivers = session.sessionDescriptionHandler.peerConnection.getReceivers();
    const stream = new MediaStream(receivers.map((each) => each.track));
    if (stream.getTracks().length === 0) return;
    document.getElementById("remote").srcObject = stream;
    this.source?.disconnect();
    this.source = new MediaStreamAudioSourceNode(this.audio, { mediaStream: stream });
    this.source.connect(this.analyser);
  }

  // The strongest frequency of the last 170 ms, in hertz, or null when there is none.
  peak() {
    const bins = new Float32Array(this.analyser.frequencyBinCount);
    this.analyser.getFloatFrequencyData(bins);
    const strongest = bins.reduce((best, level, bin) => (level > bins[best] ? bin : best), 1);
    if (bins[strongest] < SILENCE_DB) return null;
    return (strongest * this.audio.sampleRate) / this.analyser.fftSize;
  }

  async hold(held) {
    const done = happened(this.session, "reinviteAccepted", ["reinviteFailed"]);
    if (held) this.session.hold();
    else this.session.unhold();
    await done;
  }

  hangUp() {
    this.session.terminate();
  }
}

function happened(emitter, event, failures) {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`no ${event}`)), PATIENCE_MS);
    emitter.once(event, resolve);
    for (const each of failures) {
      emitter.once(each, (response, cause) => reject(new Error(`${each}: ${cause}`)));
    }
  });
}

const phone = new Phone();
