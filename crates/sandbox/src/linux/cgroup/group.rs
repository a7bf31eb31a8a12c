//! The cgroups of one sandbox: made before it, with their control files kept open, removed after it.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use lambent_core::limits::SANDBOX_PROCESSES_MAX;

use super::Base;
use super::share::{CPU_PERIOD_US, Cpu, Limits, MIB, Memory, set};
use super::sweep::{kill_in, remove};

/// A freezer and the words it takes.
#[derive(Debug)]
enum Freezer {
    Legacy(File),
    Unified(File),
}

/// The cgroups of one sandbox.
#[derive(Debug)]
pub(in super::super) struct Group {
    limits: Mutex<Limits>,
    /// The folder that limits memory, and how.
    memory: Option<Memory>,
    folders: Vec<PathBuf>,
    /// The v2 folder, for CLONE_INTO_CGROUP.
    unified: Option<OwnedFd>,
    kill: Option<File>,
    freezer: Option<Freezer>,
    cpu: Option<Cpu>,
    peak: Option<File>,
    /// The file that counts out-of-memory kills.
    oom: Option<PathBuf>,
    /// How many of them were counted before the present processes were started.
    oom_before: AtomicU64,
}

impl Group {
    /// Makes the folders and sets the limits; answers the v1 `tasks` files too, which init joins by itself.
    ///
    /// # Errors
    /// Any refusal of the kernel; what was made is removed again.
    pub(in super::super) fn create(
        base: &Base,
        name: &str,
        limits: Limits,
    ) -> io::Result<(Self, Vec<OwnedFd>)> {
        let mut group = Self {
            limits: Mutex::new(limits),
            memory: None,
            folders: Vec::with_capacity(4),
            unified: None,
            kill: None,
            freezer: None,
            cpu: None,
            peak: None,
            oom: None,
            oom_before: AtomicU64::new(0),
        };
        match group.fill(base, name) {
            Ok(tasks) => Ok((group, tasks)),
            Err(error) => {
                group.discard();
                Err(error)
            }
        }
    }

    fn fill(&mut self, base: &Base, name: &str) -> io::Result<Vec<OwnedFd>> {
        if let Some(parent) = &base.unified {
            let folder = self.make(parent, name)?;
            self.unified = Some(File::open(&folder)?.into());
            self.freezer = Some(Freezer::Unified(writable(&folder, "cgroup.freeze")?));
            // Linux 5.14; before, killing init does the same a little later.
            self.kill = writable(&folder, "cgroup.kill").ok();
            self.limit_unified(base, &folder)?;
        }
        let mut tasks = Vec::with_capacity(base.legacy.len());
        for (parent, controllers) in &base.legacy {
            let folder = self.make(parent, name)?;
            for controller in controllers {
                self.limit_legacy(controller, &folder)?;
            }
            tasks.push(writable(&folder, "tasks")?.into());
        }
        Ok(tasks)
    }

    fn make(&mut self, parent: &Path, name: &str) -> io::Result<PathBuf> {
        let folder = parent.join(name);
        fs::create_dir(&folder)?;
        self.folders.push(folder.clone());
        Ok(folder)
    }

    fn limit_unified(&mut self, base: &Base, folder: &Path) -> io::Result<()> {
        for controller in &base.unified_controllers {
            match *controller {
                "memory" => {
                    let memory = Memory::Unified(folder.to_owned());
                    memory.limit(self.limits().memory_bytes())?;
                    self.memory = Some(memory);
                    // Absent where the kernel has no swap.
                    let _ = set(folder, "memory.swap.max", 0);
                    self.oom = Some(folder.join("memory.events"));
                    self.peak = File::open(folder.join("memory.peak")).ok();
                }
                "cpu" => {
                    let cpu = Cpu::Unified(writable(folder, "cpu.max")?);
                    cpu.write(self.limits().init_share_us())?;
                    self.cpu = Some(cpu);
                }
                _ => set(folder, "pids.max", processes_max())?,
            }
        }
        Ok(())
    }

    fn limit_legacy(&mut self, controller: &str, folder: &Path) -> io::Result<()> {
        match controller {
            "memory" => {
                let memory = Memory::Legacy(folder.to_owned());
                memory.limit(self.limits().memory_bytes())?;
                self.memory = Some(memory);
                self.oom = Some(folder.join("memory.oom_control"));
                self.peak = Some(File::open(folder.join("memory.max_usage_in_bytes"))?);
            }
            "cpu" => {
                set(folder, "cpu.cfs_period_us", CPU_PERIOD_US)?;
                let cpu = Cpu::Legacy(writable(folder, "cpu.cfs_quota_us")?);
                cpu.write(self.limits().init_share_us())?;
                self.cpu = Some(cpu);
            }
            "freezer" => self.freezer = Some(Freezer::Legacy(writable(folder, "freezer.state")?)),
            _ => set(folder, "pids.max", processes_max())?,
        }
        Ok(())
    }

    fn limits(&self) -> Limits {
        *self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on others hold, with the CPUs of Init.
    ///
    /// # Errors
    /// Any refusal of the kernel, such as a limit below what is in use.
    pub(in super::super) fn change(&self, limits: Limits) -> io::Result<()> {
        if self.limits() == limits {
            return Ok(());
        }
        if let Some(memory) = &self.memory {
            memory.limit(limits.memory_bytes())?;
        }
        *self.limits.lock().unwrap_or_else(PoisonError::into_inner) = limits;
        self.cpu.as_ref().map_or(Ok(()), |cpu| cpu.write(limits.init_share_us()))
    }

    /// The v2 folder, if there is one.
    pub(in super::super) fn unified(&self) -> Option<BorrowedFd<'_>> {
        self.unified.as_ref().map(AsFd::as_fd)
    }

    /// Holds the sandbox to its CPU share.
    pub(in super::super) fn hold_to_cpu_share(&self) -> io::Result<()> {
        self.cpu.as_ref().map_or(Ok(()), |cpu| cpu.write(self.limits().share_us()))
    }

    /// Stops (`true`) or continues all processes; `false` if there is no freezer.
    pub(in super::super) fn freeze(&self, frozen: bool) -> bool {
        let written = match &self.freezer {
            None => return false,
            Some(Freezer::Unified(file)) => file.write_all_at(if frozen { b"1" } else { b"0" }, 0),
            Some(Freezer::Legacy(file)) => file.write_all_at(if frozen { b"FROZEN" } else { b"THAWED" }, 0),
        };
        // A sandbox that is gone cannot be frozen, nor need be.
        written.is_ok()
    }

    /// Kills all processes by one write; `false` where the kernel cannot.
    pub(in super::super) fn kill(&self) -> bool {
        self.kill.as_ref().is_some_and(|file| file.write_all_at(b"1", 0).is_ok())
    }

    /// A frozen v1 cgroup must go on before its processes can die.
    pub(in super::super) fn let_die(&self) {
        if matches!(self.freezer, Some(Freezer::Legacy(_))) {
            self.freeze(false);
        }
    }

    /// The most memory ever used, never above `MemorySize`; 0 where nobody counts.
    pub(in super::super) fn memory_peak_bytes(&self) -> u64 {
        let mut text = [0; 32];
        let length = self.peak.as_ref().and_then(|file| file.read_at(&mut text, 0).ok()).unwrap_or(0);
        let peak = std::str::from_utf8(text.get(..length).unwrap_or_default()).ok();
        let peak = peak.and_then(|text| text.trim().parse::<u64>().ok()).unwrap_or(0);
        peak.min(u64::from(self.limits().memory_mib) * MIB)
    }

    /// Whether the kernel killed a process of the sandbox for memory since the last [`Group::begin_again`].
    pub(in super::super) fn out_of_memory(&self) -> bool {
        self.oom_kills() > self.oom_before.load(Ordering::Relaxed)
    }

    fn oom_kills(&self) -> u64 {
        let counts = self.oom.as_ref().and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
        let count = counts.lines().find_map(|line| line.strip_prefix("oom_kill "));
        count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
    }

    /// Other processes begin: with the CPUs of Init, and what the kernel killed before is none of theirs.
    pub(in super::super) fn begin_again(&self) -> io::Result<()> {
        self.oom_before.store(self.oom_kills(), Ordering::Relaxed);
        self.cpu.as_ref().map_or(Ok(()), |cpu| cpu.write(self.limits().init_share_us()))
    }

    /// Removes the folders at once. Only where nothing was ever put inside, so that they cannot be busy.
    pub(in super::super) fn discard(self) {
        for folder in &self.folders {
            let _ = fs::remove_dir(folder);
        }
    }

    /// Whether one of its processes waits for something to read from this descriptor of its own.
    pub(in super::super) fn reads(&self, descriptor: RawFd) -> bool {
        let Some(folder) = self.folders.first() else { return false };
        let waits = format!("{} {descriptor:#x} ", libc::SYS_read);
        let now_in = |pid: &str| fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
        let all = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
        all.lines().any(|pid| now_in(pid).starts_with(&waits))
    }

    /// Kills who is still inside, then removes the folders, waiting while they are busy; answers those that stay.
    ///
    /// Somebody is where there is no pid namespace and init was killed alone, for want of memory.
    pub(in super::super) async fn remove(&self) -> Vec<PathBuf> {
        if !self.kill() {
            self.folders.iter().for_each(|folder| kill_in(folder));
        }
        let mut staying = Vec::new();
        for folder in &self.folders {
            if !remove(folder).await {
                staying.push(folder.clone());
            }
        }
        staying
    }
}

fn processes_max() -> u64 {
    // Init is none of the function's.
    SANDBOX_PROCESSES_MAX + 1
}

fn writable(folder: &Path, file: &str) -> io::Result<File> {
    File::options().write(true).open(folder.join(file))
}
