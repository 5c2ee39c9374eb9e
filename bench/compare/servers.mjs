// The servers of the peers that are servers, in a folder of the comparison.
import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, rmSync} from 'node:fs';
import {totalmem} from 'node:os';

export const memory_mib = fraction => Math.floor(totalmem() / 2 ** 20 * fraction);
const resident_kib = pid => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);

export class Postgres {
  constructor(work) {
    this.folder = `${work}/postgres`;
    this.connection = `host=${this.folder} dbname=postgres user=postgres`;
  }
  // PostgreSQL refuses to run as root.
  run(...words) {
    const as_root = process.getuid() === 0;
    const [program, ...rest] = as_root ? ['runuser', '-u', 'postgres', '--', ...words] : words;
    const done = spawnSync(program, rest, {stdio: ['ignore', 'ignore', 'inherit'], cwd: '/'});
    if (done.status !== 0) throw new Error(`failed: ${words.join(' ')}`);
  }
  get bin() { return spawnSync('pg_config', ['--bindir'], {encoding: 'utf8'}).stdout.trim(); }
  start(anew = false) {
    if (this.started && !anew) return;
    if (anew) {
      rmSync(this.folder, {recursive: true, force: true});
      mkdirSync(this.folder);
      if (process.getuid() === 0) spawnSync('chown', ['postgres', this.folder]);
      this.run(`${this.bin}/initdb`, '-D', `${this.folder}/data`, '-U', 'postgres', '-A', 'trust');
    }
    // A quarter of the memory for its buffers, as its manual advises; commits are durable.
    const settings = {fsync: 'on', synchronous_commit: 'on', shared_buffers: `${memory_mib(1 / 4)}MB`, effective_cache_size: `${memory_mib(1 / 2)}MB`, work_mem: '256MB',
      maintenance_work_mem: '1GB', max_wal_size: '8GB', max_connections: 100, random_page_cost: 1.1};
    this.run(`${this.bin}/pg_ctl`, '-D', `${this.folder}/data`, '-w', '-t', '600', '-l', `${this.folder}/log`, 'start', '-o',
      `-k ${this.folder} -c listen_addresses='' ${Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`).join(' ')}`);
    this.started = true;
  }
  stop() {
    if (!this.started) return;
    this.run(`${this.bin}/pg_ctl`, '-D', `${this.folder}/data`, '-w', '-m', 'fast', 'stop');
    this.started = false;
  }
  memory_bytes() { return NaN; }  // many processes share it: no one figure tells
}

export class Redis {
  constructor(work) {
    this.folder = `${work}/redis`;
    this.socket = `${this.folder}/socket`;
  }
  async start(anew = false) {
    if (this.process && !anew) return;
    if (anew) rmSync(this.folder, {recursive: true, force: true});
    mkdirSync(this.folder, {recursive: true});
    rmSync(this.socket, {force: true});
    // Timelines of usual length stay packed; every commit is on the disk before it is answered; no copies in the background.
    const settings = {port: 0, unixsocket: this.socket, dir: this.folder, appendonly: 'yes', appendfsync: 'always', 'zset-max-listpack-entries': 512, 'auto-aof-rewrite-percentage': 0};
    this.process = spawn('redis-server', [...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]), '--save', ''], {stdio: ['ignore', 'ignore', 'inherit']});
    for (let tries = 0; tries < 6000; ++tries) {
      const ping = spawnSync('redis-cli', ['-s', this.socket, 'ping'], {encoding: 'utf8'});
      if (ping.stdout?.trim() === 'PONG') return;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    throw new Error('redis-server does not answer');
  }
  async stop() {
    if (!this.process) return;
    const ended = new Promise(resolve => this.process.once('close', resolve));
    this.process.kill('SIGTERM');
    await ended;
    this.process = null;
  }
  memory_bytes() { return this.process ? resident_kib(this.process.pid) * 1024 : 0; }
}
