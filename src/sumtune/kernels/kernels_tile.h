/* The inner loop of the products: vectors of totals, to each of which an instruction adds products of four bytes of an
 * input with four bytes of a weight: four 8-bit integers, two bf16 or one float. kernels_avx2.h has 8-bit products for
 * processors without such an instruction. */
#define COLUMNS 64
#define TILE_ROWS 6
/* Inputs whose weights are fetched into the cache before they are used. */
#define AHEAD 64

/* Inline assembly in place of intrinsics, because GCC 12 copies every total if it is given the intrinsic. */
#if defined(__AVX512VNNI__)
#include <immintrin.h>
typedef __m512i vector;
#define TOTALS 16
#define VECTORS 4
#define ZERO() _mm512_setzero_si512()
#define READ(from) _mm512_loadu_si512(from)
#define WRITE(to, value) _mm512_storeu_si512(to, value)
#define REPEAT(four) _mm512_set1_epi32(four)
#define ADD(instruction, total, inputs, weights)                                                                       \
    __asm__(instruction " %2, %1, %0" : "+v"(total) : "v"(inputs), "v"(weights));
#define ADD_INT8(total, inputs, weights) ADD("vpdpbusd", total, inputs, weights)
#define ADD_F32(total, inputs, weights) ADD("vfmadd231ps", total, inputs, weights)
#if defined(__AVX512BF16__)
#define ADD_BF16(total, inputs, weights) ADD("vdpbf16ps", total, inputs, weights)
#endif

#elif defined(__AVX2__)
#include <immintrin.h>
typedef __m256i vector;
#define TOTALS 8
#define VECTORS 2
#define ZERO() _mm256_setzero_si256()
#define READ(from) _mm256_loadu_si256((const __m256i *)(from))
#define WRITE(to, value) _mm256_storeu_si256((__m256i *)(to), value)
#define REPEAT(four) _mm256_set1_epi32(four)
#define ADD(instruction, total, inputs, weights)                                                                       \
    __asm__(instruction " %2, %1, %0" : "+x"(total) : "x"(inputs), "x"(weights));
#define ADD_F32(total, inputs, weights) ADD("vfmadd231ps", total, inputs, weights)
#if defined(__AVXVNNI__)
#define ADD_INT8(total, inputs, weights) ADD("%{vex%} vpdpbusd", total, inputs, weights)
#endif

#elif defined(__ARM_NEON)
#include <arm_neon.h>
typedef int32x4_t vector;
#define TOTALS 4
#define VECTORS 4
#define ZERO() vdupq_n_s32(0)
#define READ(from) vreinterpretq_s32_s8(vld1q_s8((const int8_t *)(from)))
#define WRITE(to, value) vst1q_s8((int8_t *)(to), vreinterpretq_s8_s32(value))
#define REPEAT(four) vdupq_n_s32(four)
#define ADD_F32(total, inputs, weights)                                                                                \
    total = vreinterpretq_s32_f32(vfmaq_f32(vreinterpretq_f32_s32(total), vreinterpretq_f32_s32(inputs),               \
                                            vreinterpretq_f32_s32(weights)));
#if defined(__ARM_FEATURE_MATMUL_INT8)
#define ADD_INT8(total, inputs, weights)                                                                               \
    total = vusdotq_s32(total, vreinterpretq_u8_s32(inputs), vreinterpretq_s8_s32(weights));
#elif defined(__ARM_FEATURE_DOTPROD)
/* sdot multiplies signed bytes. Flipping the highest bit of an input subtracts 128, so there is nothing to correct. */
#define SHIFT 0
#define ADD_INT8(total, inputs, weights)                                                                               \
    total = vdotq_s32(total, veorq_s8(vreinterpretq_s8_s32(inputs), vdupq_n_s8(-128)), vreinterpretq_s8_s32(weights));
#endif
#if defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
#define ADD_BF16(total, inputs, weights)                                                                               \
    total = vreinterpretq_s32_f32(vbfdotq_f32(vreinterpretq_f32_s32(total), vreinterpretq_bf16_s32(inputs),            \
                                              vreinterpretq_bf16_s32(weights)));
#endif
#endif
#ifndef SHIFT
#define SHIFT 128 /* subtracted from an input of an 8-bit product, times the sum of the weights */
#endif

/* Zeros a row of a tile. Its vectors are separate variables, because GCC keeps arrays in memory. */
#define CLEAR(r) vector a##r = ZERO(), b##r = a##r, c##r = a##r, d##r = a##r;
#define ADD_ROW(ADD, r)                                                                                                \
    if (rows > r) {                                                                                                    \
        int32_t four;                                                                                                  \
        memcpy(&four, x + r * size + k, sizeof four);                                                                  \
        vector inputs = REPEAT(four);                                                                                  \
        ADD(a##r, inputs, first) ADD(b##r, inputs, second)                                                             \
        if (VECTORS > 2) { ADD(c##r, inputs, third) ADD(d##r, inputs, fourth) }                                        \
    }
#define ADD_BLOCK(ADD)                                                                                                 \
    for (int64_t k = 0; k < size; k += 4, block += 4 * COLUMNS) {                                                      \
        __builtin_prefetch(block + AHEAD * 4 * COLUMNS);                                                               \
        vector first = READ(block), second = READ(block + 4 * TOTALS), third = first, fourth = first;                  \
        if (VECTORS > 2) third = READ(block + 8 * TOTALS), fourth = READ(block + 12 * TOTALS);                         \
        ADD_ROW(ADD, 0) ADD_ROW(ADD, 1) ADD_ROW(ADD, 2) ADD_ROW(ADD, 3) ADD_ROW(ADD, 4) ADD_ROW(ADD, 5)                \
    }
#define SAVE(r)                                                                                                        \
    if (rows > r) {                                                                                                    \
        char *to = sums + 4 * r * WIDTH;                                                                               \
        WRITE(to, a##r), WRITE(to + 4 * TOTALS, b##r);                                                                 \
        if (VECTORS > 2) WRITE(to + 8 * TOTALS, c##r), WRITE(to + 12 * TOTALS, d##r);                                  \
    }

/* Outputs of a tile. */
#define WIDTH (VECTORS * TOTALS)

/* Defines name(x, block, size, y, more, more_size, sums, rows). It writes sums (rows, WIDTH) of 4 bytes: the products
 * of the rows of x (`size` bytes each) with WIDTH columns of a block of packed weights, plus the products of the rows
 * of y (`more_size` bytes each) with the block `more`. rows is at most TILE_ROWS. */
#define DEFINE_TILE(name, ADD)                                                                                         \
    static inline __attribute__((always_inline)) void name##_of(                                                       \
        const char *x, const char *block, int64_t size, const char *y, const char *more, int64_t more_size,            \
        char *sums, const int rows) {                                                                                  \
        CLEAR(0) CLEAR(1) CLEAR(2) CLEAR(3) CLEAR(4) CLEAR(5)                                                          \
        ADD_BLOCK(ADD)                                                                                                 \
        x = y, block = more, size = more_size;                                                                         \
        ADD_BLOCK(ADD)                                                                                                 \
        SAVE(0) SAVE(1) SAVE(2) SAVE(3) SAVE(4) SAVE(5)                                                                \
    }                                                                                                                  \
    BY_ROWS(name)

#define DEFINE_TILE_OF(name, ADD) DEFINE_TILE(name, ADD)

/* Defines name as a call of name_of with a constant number of rows. */
#define BY_ROWS(name)                                                                                                  \
    static void name(const void *x, const void *block, int64_t size, const void *y, const void *more,                  \
                     int64_t more_size, void *sums, int64_t rows) {                                                    \
        switch (rows) {                                                                                                \
        case 1: name##_of(x, block, size, y, more, more_size, sums, 1); break;                                         \
        case 2: name##_of(x, block, size, y, more, more_size, sums, 2); break;                                         \
        case 3: name##_of(x, block, size, y, more, more_size, sums, 3); break;                                         \
        case 4: name##_of(x, block, size, y, more, more_size, sums, 4); break;                                         \
        case 5: name##_of(x, block, size, y, more, more_size, sums, 5); break;                                         \
        default: name##_of(x, block, size, y, more, more_size, sums, 6);                                               \
        }                                                                                                              \
    }

/* Items of a product (rows, n) x (outputs, n) for the threads: a chunk of rows and a block of outputs. */
#define BLOCKS ((outputs + COLUMNS - 1) / COLUMNS)
#define PRODUCT_ITEMS(chunk_rows) ((rows + (chunk_rows)-1) / (chunk_rows)*BLOCKS)
/* A product of two numbers takes about a sixteenth of the time of other work on an element. */
#define PRODUCT_SIZE(chunk_rows) ((rows < (chunk_rows) ? rows : (chunk_rows)) * COLUMNS * n / 16)

/* Loops over the tiles of items `start` to `stop - 1`: `count` rows from `row` on, `width` outputs from `first` on.
 * `block` is the first output of the block, and the tile begins `at` columns later. */
#define LEAST(a, b) ((a) < (b) ? (a) : (b))
#define EACH_PRODUCT_TILE(chunk_rows, tile_width)                                                                      \
    for (int64_t item = start; item < stop; item++)                                                                    \
        for (int64_t block = item % BLOCKS * COLUMNS, at = 0, first = block;                                           \
             at < COLUMNS && first < outputs; at += (tile_width), first += (tile_width))                               \
            for (int64_t row = item / BLOCKS * (chunk_rows), end = LEAST(row + (chunk_rows), rows),                    \
                         width = LEAST(outputs - first, tile_width), count = LEAST(end - row, TILE_ROWS);              \
                 row < end; row += TILE_ROWS, count = LEAST(end - row, TILE_ROWS))
