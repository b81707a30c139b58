/* The inner loop of both products. One instruction multiplies four bytes of an input by four bytes of each of 16
 * weights, as two bf16 or four 8-bit integers, and adds the products to 16 totals of four bytes. */
#if defined(__AVX512VNNI__) && !defined(__AMX_INT8__)
#define HAS_INT8_PRODUCT 1
#else
#define HAS_INT8_PRODUCT 0
#endif
#if defined(__AVX512BF16__) && !defined(__AMX_BF16__)
#define HAS_BF16_PRODUCT 1
#else
#define HAS_BF16_PRODUCT 0
#endif
/* On processors with matrix units (AMX), torch is faster. */

#define COLUMNS 64
#define TILE_ROWS 6

int64_t has_int8_product(void) { return HAS_INT8_PRODUCT; }
int64_t has_bf16_product(void) { return HAS_BF16_PRODUCT; }

#if HAS_INT8_PRODUCT || HAS_BF16_PRODUCT
#include <immintrin.h>

/* Zeros a row of a tile: four vectors of 16 totals. They are separate variables, because GCC keeps arrays in memory. */
#define CLEAR(r) __m512i a##r = _mm512_setzero_si512(), b##r = a##r, c##r = a##r, d##r = a##r;
/* Inline assembly, because GCC 12 copies every total if it is given the intrinsic. */
#define ADD(instruction, total, weights)                                                                               \
    __asm__(instruction " %2, %1, %0" : "+v"(total) : "v"(inputs), "v"(weights));
#define ADD_ROW(instruction, r)                                                                                        \
    if (rows > r) {                                                                                                    \
        int32_t four;                                                                                                  \
        memcpy(&four, x + r * size + k, sizeof four);                                                                  \
        __m512i inputs = _mm512_set1_epi32(four);                                                                      \
        ADD(instruction, a##r, first) ADD(instruction, b##r, second)                                                   \
        ADD(instruction, c##r, third) ADD(instruction, d##r, fourth)                                                   \
    }
#define ADD_BLOCK(instruction)                                                                                         \
    for (int64_t k = 0; k < size; k += 4, block += 4 * COLUMNS) {                                                      \
        __m512i first = _mm512_loadu_si512(block), second = _mm512_loadu_si512(block + 64);                            \
        __m512i third = _mm512_loadu_si512(block + 128), fourth = _mm512_loadu_si512(block + 192);                     \
        ADD_ROW(instruction, 0) ADD_ROW(instruction, 1) ADD_ROW(instruction, 2)                                        \
        ADD_ROW(instruction, 3) ADD_ROW(instruction, 4) ADD_ROW(instruction, 5)                                        \
    }
#define SAVE(r)                                                                                                        \
    if (rows > r) {                                                                                                    \
        _mm512_storeu_si512(sums + (4 * r) * 64, a##r);                                                                \
        _mm512_storeu_si512(sums + (4 * r + 1) * 64, b##r);                                                            \
        _mm512_storeu_si512(sums + (4 * r + 2) * 64, c##r);                                                            \
        _mm512_storeu_si512(sums + (4 * r + 3) * 64, d##r);                                                            \
    }

/* Defines name(x, block, size, y, more, more_size, sums, rows). It writes sums (rows, COLUMNS) of 4 bytes: the products
 * of the rows of x (`size` bytes each) with a block of packed weights, plus the products of the rows of y (`more_size`
 * bytes each) with the block `more`. rows is at most TILE_ROWS. */
#define DEFINE_TILE(name, instruction)                                                                                 \
    static inline __attribute__((always_inline)) void name##_of(                                                       \
        const char *x, const char *block, int64_t size, const char *y, const char *more, int64_t more_size,            \
        char *sums, const int rows) {                                                                                  \
        CLEAR(0) CLEAR(1) CLEAR(2) CLEAR(3) CLEAR(4) CLEAR(5)                                                          \
        ADD_BLOCK(instruction)                                                                                         \
        x = y, block = more, size = more_size;                                                                         \
        ADD_BLOCK(instruction)                                                                                         \
        SAVE(0) SAVE(1) SAVE(2) SAVE(3) SAVE(4) SAVE(5)                                                                \
    }                                                                                                                  \
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
#endif
