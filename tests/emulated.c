/* Calls functions of a library as standard input says, for tests of another architecture under an emulator.
 *
 * A request is a name (64 bytes), the number of integers and the number of floats (int64), the integers as pairs (size,
 * value), and the floats. An integer of size -1 is the value itself; otherwise it is an array of `size` bytes, which
 * follows. The answer is the function's result (int64) and the contents of the arrays after the call. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 12

/* Integers and floats have separate registers, so their order among each other does not matter, nor do unused ones. */
typedef int64_t Function(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t,
                         int64_t, int64_t, float, float);

static void take(void *to, size_t size) {
    if (size && fread(to, size, 1, stdin) != 1) exit(feof(stdin) ? 0 : 1);
}

int main(int count, char **arguments) {
    void *library = count == 2 ? dlopen(arguments[1], RTLD_NOW) : NULL;
    if (!library) return fprintf(stderr, "%s\n", dlerror()), 2;
    for (;;) {
        char name[64];
        int64_t counts[2], sizes[MOST], values[MOST] = {0};
        float floats[2] = {0};
        take(name, sizeof name);
        take(counts, sizeof counts);
        for (int64_t i = 0; i < counts[0]; i++) {
            take(&sizes[i], sizeof sizes[i]);
            if (sizes[i] < 0)
                take(&values[i], sizeof values[i]);
            else
                take((void *)(values[i] = (int64_t)malloc(sizes[i] + 1)), sizes[i]);
        }
        take(floats, counts[1] * sizeof *floats);
        Function *function = (Function *)dlsym(library, name);
        if (!function) return fprintf(stderr, "no function %s\n", name), 2;
        int64_t *v = values, result = function(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11],
                                               floats[0], floats[1]);
        fwrite(&result, sizeof result, 1, stdout);
        for (int64_t i = 0; i < counts[0]; i++)
            if (sizes[i] >= 0) {
                fwrite((void *)values[i], sizes[i], 1, stdout);
                free((void *)values[i]);
            }
        fflush(stdout);
    }
}
