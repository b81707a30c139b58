/* Row-wise kernels for training and generation on a CPU: each computes in float and writes its result once.
 * This file is compiled once for each variant, the set of instructions that VARIANT names. kernels_typed.h and
 * kernels_frozen.h are included once for each element type. */
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t bf16;

static inline float load_bf16(bf16 value) {
    uint32_t bits = (uint32_t)value << 16;
    float result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

/* Round to nearest, ties to even. */
static inline bf16 store_bf16(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bf16)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

static inline uint32_t absolute_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x7fffffffu;
}

static inline float load_f32(float value) { return value; }
static inline float store_f32(float value) { return value; }

/* e^x to about 2 units in the last place, without a library call, so that the compiler vectorizes loops that use it.
 * x = n ln 2 + r, |r| <= ln 2 / 2; e^r by its Taylor polynomial; 2^n by its exponent bits. NaN stays NaN. */
static inline float exp_inline(float given) {
    float x = given > -87.0f ? given : -87.0f; /* NaN becomes -87 too: converting NaN to int is undefined */
    x = x > 88.0f ? 88.0f : x;
    float n = rintf(x * 1.44269504f);
    float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    int32_t bits = ((int32_t)n + 127) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return given == given ? p * scale : given;
}

static inline float sigmoid_inline(float x) { return 1.0f / (1.0f + exp_inline(-x)); }

#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)
#define WITH_VARIANT(function) JOIN(function, VARIANT)

#include "kernels_threads.h"
#include "kernels_tile.h"
#include "kernels_int8.h"

#define LANES 64
#define PART 4096
#define KEPT 16384
#define MAX_DIM 512
#define VARIED(function) WITH_VARIANT(JOIN(function, SUFFIX))

#define SUFFIX bf16
#define T bf16
#define LOAD load_bf16
#define STORE store_bf16
#ifdef ADD_BF16
#define ADD_T ADD_BF16
#endif
#include "kernels_typed.h"
#include "kernels_frozen.h"
#undef SUFFIX
#undef T
#undef LOAD
#undef STORE
#undef ADD_T

#define SUFFIX f32
#define T float
#define LOAD load_f32
#define STORE store_f32
#define ADD_T ADD_F32
#include "kernels_typed.h"
#include "kernels_frozen.h"

/* Whether kernels_frozen.h has a product for bf16; it always has one for float. */
API int64_t WITH_VARIANT(has_bf16_product)(void) {
#ifdef ADD_BF16
    return 1;
#else
    return 0;
#endif
}
