/* Runs the parts of a kernel in the threads that torch computes with, so that there are never two teams of threads. */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels_threads.h"

/* Elements of a part: enough to outweigh waking a thread, few enough that no thread waits long for another one. */
#define PART_SIZE 16384

struct work {
    Part *part;
    const void *arguments;
    int64_t count, items;
    _Atomic int64_t next;
};

/* GOMP_parallel of libgomp: runs a function in all threads of the team. */
typedef void Gomp(void (*run)(void *), void *data, unsigned threads, unsigned flags);
/* __kmpc_fork_call of LLVM's and Intel's libomp. */
typedef void Kmpc(void *place, int32_t count, void (*run)(int32_t *, int32_t *, void *), ...);

static Gomp *gomp;
static Kmpc *kmpc;

/* Sets the function that runs another one in all threads; without any, kernels compute in the calling thread. */
API void use_threads(Gomp *gomp_parallel, Kmpc *kmpc_fork_call) {
    gomp = gomp_parallel;
    kmpc = kmpc_fork_call;
}

/* Takes parts until none is left. A thread that the system lets wait takes fewer of them. */
static void take_parts(void *given) {
    struct work *work = given;
    for (;;) {
        int64_t begin = atomic_fetch_add_explicit(&work->next, work->items, memory_order_relaxed);
        if (begin >= work->count) return;
        int64_t end = begin + work->items < work->count ? begin + work->items : work->count;
        work->part(work->arguments, begin, end);
    }
}

static void take_parts_kmpc(int32_t *global_thread, int32_t *bound_thread, void *given) {
    (void)global_thread, (void)bound_thread;
    take_parts(given);
}

void sumtune_in_parallel(Part *part, const void *arguments, int64_t count, int64_t size) {
    static struct {
        int32_t reserved, flags, reserved_2, reserved_3;
        const char *source;
    } place = {0, 2, 0, 0, ";unknown;unknown;0;0;;"};
    int64_t items = size > 0 && size < PART_SIZE ? PART_SIZE / size : 1;
    struct work work = {part, arguments, count, items, 0};
    if (count <= items || !(gomp || kmpc))
        part(arguments, 0, count);
    else if (gomp)
        gomp(take_parts, &work, 0, 0);
    else
        kmpc(&place, 1, take_parts_kmpc, &work);
}
