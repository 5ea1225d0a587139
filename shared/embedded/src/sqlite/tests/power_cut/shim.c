/* Preloaded into a process that works on a store: writes down, in order, what it does to the files in a folder,
 * and makes the disk fail where it is told to.
 *
 * A record is { u32 what, u32 file, u64 at, u64 length } and, for a name or a write, its bytes. One lock is held
 * while something is done and written down, so the order is the true one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAME = 1, MADE, WRITTEN, CUT, SYNCED, REMOVED, FOLDER_SYNCED, SYNC_FAILED, SYNC_SKIPPED, STRANGE };
enum { FILES = 64, FDS = 4096, FOLDER = 0xffff };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[1024];
static size_t root_length;
static int out = -1;
static char names[FILES][256];
static unsigned known;
static unsigned short of_fd[FDS]; /* one more than the number of the file, or FOLDER */
static long syncs, fail_at = -1, skip;
static long long room = -1;
static int any_write_needs_room;
static const char *more_room;

static void put(uint32_t what, uint32_t file, uint64_t at, uint64_t length, const void *bytes) {
    struct { uint32_t what, file; uint64_t at, length; } head = { what, file, at, length };
    syscall(SYS_write, out, &head, sizeof head);
    const char *rest = bytes;
    while (rest && length > 0) {
        long done = syscall(SYS_write, out, rest, length);
        if (done <= 0) abort();
        rest += done;
        length -= done;
    }
}

static long setting(const char *name, long otherwise) {
    const char *value = getenv(name);
    return value ? atol(value) : otherwise;
}

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("SHIM_ROOT"), *log = getenv("SHIM_LOG");
    if (!folder || !log) return;
    root_length = strlen(folder);
    if (root_length >= sizeof root) abort();
    memcpy(root, folder, root_length + 1);
    fail_at = setting("SHIM_FAIL_SYNC", -1);
    skip = setting("SHIM_SKIP_SYNCS", 0);
    room = setting("SHIM_ROOM_BYTES", -1);
    any_write_needs_room = (int)setting("SHIM_ANY_WRITE", 0);
    more_room = getenv("SHIM_MORE_ROOM");
    out = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    if (out < 0) abort();
}

/* The number of a file in the folder, or -1 for one that is none of ours. */
static int number_of(const char *path) {
    if (out < 0 || strncmp(path, root, root_length) != 0 || path[root_length] != '/') return -1;
    const char *name = path + root_length + 1;
    size_t length = strlen(name);
    /* Shared memory is not on the disk; a lock has nothing in it. */
    if (length > 4 && strcmp(name + length - 4, "-shm") == 0) return -1;
    if (strcmp(name, "lock") == 0) return -1;
    for (unsigned i = 0; i < known; i++)
        if (strcmp(names[i], name) == 0) return (int)i;
    if (known == FILES || length >= sizeof names[0]) abort();
    memcpy(names[known], name, length + 1);
    put(NAME, known, 0, length, name);
    return (int)known++;
}

static int file_of(int fd) {
    if (fd < 0 || fd >= FDS || of_fd[fd] == 0 || of_fd[fd] == FOLDER) return -1;
    return of_fd[fd] - 1;
}

static int opened(const char *path, int flags, mode_t mode) {
    pthread_mutex_lock(&lock);
    int file = number_of(path);
    int is_new = file >= 0 && (flags & O_CREAT) && syscall(SYS_access, path, F_OK) != 0;
    int fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    int error = errno;
    if (fd >= 0 && fd < FDS) {
        of_fd[fd] = file < 0 ? 0 : (unsigned short)(file + 1);
        if (out >= 0 && strcmp(path, root) == 0) of_fd[fd] = FOLDER;
        if (is_new) put(MADE, file, 0, 0, NULL);
        if (file >= 0 && (flags & O_TRUNC) && !is_new) put(CUT, file, 0, 0, NULL);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

static mode_t mode_of(int flags, va_list rest) {
    return flags & O_CREAT ? (mode_t)va_arg(rest, int) : 0;
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return opened(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return opened(path, flags | O_LARGEFILE, mode);
}

int close(int fd) {
    if (fd >= 0 && fd < FDS) of_fd[fd] = 0;
    return syscall(SYS_close, fd);
}

/* Whether the disk has room for these bytes; it gets more when somebody makes the file that says so. */
static int has_room(int fd, size_t length, off_t at) {
    if (room < 0) return 1;
    if (more_room && syscall(SYS_access, more_room, F_OK) == 0) return room = -1, 1;
    struct stat file;
    long long needed = (long long)length;
    if (!any_write_needs_room && fstat(fd, &file) == 0) {
        long long more = (long long)at + (long long)length - (long long)file.st_size;
        needed = more > 0 ? more : 0;
    }
    if (needed > room) return 0;
    room -= needed;
    return 1;
}

static ssize_t written(int fd, const void *bytes, size_t length, off_t at, int moves) {
    int file = file_of(fd);
    if (file < 0)
        return moves ? syscall(SYS_write, fd, bytes, length) : syscall(SYS_pwrite64, fd, bytes, length, at);
    pthread_mutex_lock(&lock);
    if (moves) at = syscall(SYS_lseek, fd, 0, SEEK_CUR);
    ssize_t done = -1;
    int error = ENOSPC;
    if (strcmp(names[file], "acks") == 0 || has_room(fd, length, at)) {
        done = moves ? syscall(SYS_write, fd, bytes, length) : syscall(SYS_pwrite64, fd, bytes, length, at);
        error = errno;
        if (done > 0) put(WRITTEN, file, at, done, bytes);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) { return written(fd, bytes, length, 0, 1); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return written(fd, bytes, length, at, 0); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) { return written(fd, bytes, length, at, 0); }

static int cut(int fd, off_t length) {
    int file = file_of(fd);
    if (file < 0) return syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&lock);
    int done = syscall(SYS_ftruncate, fd, length);
    int error = errno;
    if (done == 0) put(CUT, file, length, 0, NULL);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int ftruncate(int fd, off_t length) { return cut(fd, length); }
int ftruncate64(int fd, off_t length) { return cut(fd, length); }

static int synced(int fd, long call) {
    int is_folder = fd >= 0 && fd < FDS && of_fd[fd] == FOLDER;
    int file = file_of(fd);
    if (file < 0 && !is_folder) return syscall(call, fd);
    pthread_mutex_lock(&lock);
    int done = 0, error = 0;
    uint32_t number = is_folder ? 0 : (uint32_t)file;
    if (++syncs == fail_at) {
        put(SYNC_FAILED, number, is_folder, 0, NULL);
        done = -1;
        error = EIO;
    } else if (skip) {
        put(SYNC_SKIPPED, number, is_folder, 0, NULL);
    } else {
        done = syscall(call, fd);
        error = errno;
        if (done == 0) put(is_folder ? FOLDER_SYNCED : SYNCED, number, 0, 0, NULL);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int unlink(const char *path) {
    pthread_mutex_lock(&lock);
    int file = number_of(path);
    int done = syscall(SYS_unlink, path);
    int error = errno;
    if (done == 0 && file >= 0) put(REMOVED, file, 0, 0, NULL);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

/* What the store does not do today: if it begins to, the images must learn of it. */
static int strange(int file) {
    if (file >= 0) {
        pthread_mutex_lock(&lock);
        put(STRANGE, file, 0, 0, NULL);
        pthread_mutex_unlock(&lock);
    }
    return file >= 0;
}

int rename(const char *from, const char *to) {
    strange(number_of(from));
    return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int fallocate(int fd, int mode, off_t at, off_t length) {
    strange(file_of(fd));
    return syscall(SYS_fallocate, fd, mode, at, length);
}

int posix_fallocate(int fd, off_t at, off_t length) {
    strange(file_of(fd));
    return syscall(SYS_fallocate, fd, 0, at, length) == 0 ? 0 : errno;
}
