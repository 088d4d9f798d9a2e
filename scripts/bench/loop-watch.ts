// Preloaded into a server: tells whoever started it, when asked over IPC, the longest blocks of its event loop since it was
// last asked: by the wall, and by the CPU that its thread used, which what else runs on the machine does not lengthen.
const TICK_MS = 1;
let last = { wall: performance.now(), cpu: cpuMs() };
let longest = { wallMs: 0, cpuMs: 0 };

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

setInterval(() => {
  const now = { wall: performance.now(), cpu: cpuMs() };
  longest = {
    wallMs: Math.max(longest.wallMs, now.wall - last.wall - TICK_MS),
    cpuMs: Math.max(longest.cpuMs, now.cpu - last.cpu),
  };
  last = now;
}, TICK_MS).unref();

process.on("message", () => {
  process.send?.(longest);
  longest = { wallMs: 0, cpuMs: 0 };
});
process.channel?.unref(); // the server ends as it would without
