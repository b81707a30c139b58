/* What the processor can run: one function for each variant of the kernels. */
#include <stdint.h>

#include "kernels_threads.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <cpuid.h>

enum { EAX, EBX, ECX, EDX };

static int has(unsigned leaf, unsigned subleaf, int output, int bit) {
    unsigned values[4] = {0};
    if (!__get_cpuid_count(leaf, subleaf, &values[EAX], &values[EBX], &values[ECX], &values[EDX])) return 0;
    return values[output] >> bit & 1;
}

/* Whether the operating system saves these registers: 6 those of AVX, 0xe6 those of AVX-512, 0x60000 those of AMX. */
static int saves(uint64_t registers) {
    uint32_t low, high;
    if (!has(1, 0, ECX, 27)) return 0;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (((uint64_t)high << 32 | low) & registers) == registers;
}

API int64_t runs_avx2(void) {
    int has_bit_instructions = has(7, 0, EBX, 3) && has(7, 0, EBX, 8) && has(0x80000001, 0, ECX, 5);
    return saves(6) && has(7, 0, EBX, 5) && has(1, 0, ECX, 12) && has(1, 0, ECX, 29) && has(1, 0, ECX, 22) &&
           has_bit_instructions;
}

API int64_t runs_avxvnni(void) { return runs_avx2() && has(7, 1, EAX, 4); }

API int64_t runs_avx512(void) {
    int has_base = has(7, 0, EBX, 16) && has(7, 0, EBX, 17) && has(7, 0, EBX, 28) && has(7, 0, EBX, 30);
    return runs_avx2() && saves(0xe6) && has_base && has(7, 0, EBX, 31) && has(7, 0, ECX, 11);
}

API int64_t runs_avx512bf16(void) { return runs_avx512() && has(7, 1, EAX, 5); }

/* Whether torch is faster than the products here: with matrix units (AMX). */
API int64_t leaves_int8_to_torch(void) { return saves(0x60000) && has(7, 0, EDX, 25); }
API int64_t leaves_bf16_to_torch(void) { return saves(0x60000) && has(7, 0, EDX, 22); }
API int64_t leaves_f32_to_torch(void) { return 0; }

#elif defined(__aarch64__)
#if defined(__linux__)
#include <sys/auxv.h>
static int has(unsigned long type, int bit) { return getauxval(type) >> bit & 1; }
static int has_dotprod(void) { return has(AT_HWCAP, 20); }
static int has_i8mm(void) { return has(AT_HWCAP2, 13) && has(AT_HWCAP2, 14); }
#elif defined(__APPLE__)
#include <sys/sysctl.h>
static int has(const char *name) {
    int value = 0;
    size_t size = sizeof value;
    return sysctlbyname(name, &value, &size, 0, 0) == 0 && value;
}
static int has_dotprod(void) { return has("hw.optional.arm.FEAT_DotProd"); }
static int has_i8mm(void) { return has("hw.optional.arm.FEAT_I8MM") && has("hw.optional.arm.FEAT_BF16"); }
#else
static int has_dotprod(void) { return 0; }
static int has_i8mm(void) { return 0; }
#endif

API int64_t runs_neon(void) { return 1; }
API int64_t runs_dotprod(void) { return has_dotprod(); }
API int64_t runs_i8mm(void) { return has_dotprod() && has_i8mm(); }
API int64_t leaves_int8_to_torch(void) { return 0; }
API int64_t leaves_bf16_to_torch(void) { return 0; }
/* Apple's library, which torch uses, computes in matrix units. */
#if defined(__APPLE__)
API int64_t leaves_f32_to_torch(void) { return 1; }
#else
API int64_t leaves_f32_to_torch(void) { return 0; }
#endif
#endif
