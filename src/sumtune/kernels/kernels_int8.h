/* Products of 8-bit integers by vpdpbusd, which multiplies unsigned by signed bytes and adds four of them at a time.
 * Inputs are therefore stored as value + 128, and 128 * (sum of the weights) is taken off every result.
 * Processors with matrix units have something better, which torch uses. */
#if defined(__AVX512VNNI__) && !defined(__AMX_INT8__)
#include <immintrin.h>
#define HAS_INT8_PRODUCT 1
#else
#define HAS_INT8_PRODUCT 0
#endif

#define COLUMNS 64
#define TILE_ROWS 6
#define CHUNK_ROWS 192

int64_t has_int8_product(void) { return HAS_INT8_PRODUCT; }

/* weight (outputs, n) to packed (outputs / COLUMNS rounded up, n / 4, COLUMNS, 4), missing outputs being zero, and
 * corrections (outputs) = 128 * sum of each row. n is a multiple of 4. */
void pack_int8(const int8_t *weight, int8_t *packed, int32_t *corrections, int64_t outputs, int64_t n) {
    int64_t blocks = (outputs + COLUMNS - 1) / COLUMNS;
#pragma omp parallel for schedule(static)
    for (int64_t block = 0; block < blocks; block++)
        for (int64_t c = 0; c < COLUMNS; c++) {
            int64_t output = block * COLUMNS + c;
            int32_t sum = 0;
            for (int64_t k = 0; k < n; k++) {
                int8_t value = output < outputs ? weight[output * n + k] : 0;
                packed[((block * (n / 4) + k / 4) * COLUMNS + c) * 4 + k % 4] = value;
                sum += value;
            }
            if (output < outputs) corrections[output] = 128 * sum;
        }
}

#if HAS_INT8_PRODUCT
/* A row of a tile: four vectors of 16 totals. Named, not an array, which GCC would keep in memory. */
#define CLEAR(r) __m512i a##r = _mm512_setzero_si512(), b##r = a##r, c##r = a##r, d##r = a##r;
/* As an instruction: from the intrinsic GCC 12 makes a copy of every total. */
#define ADD(total, weights) __asm__("vpdpbusd %2, %1, %0" : "+v"(total) : "v"(inputs), "v"(weights));
#define ADD_ROW(r)                                                                                                     \
    if (rows > r) {                                                                                                    \
        int32_t four;                                                                                                  \
        memcpy(&four, x + r * n + k, sizeof four);                                                                     \
        __m512i inputs = _mm512_set1_epi32(four);                                                                      \
        ADD(a##r, first) ADD(b##r, second) ADD(c##r, third) ADD(d##r, fourth)                                          \
    }
#define SAVE(r)                                                                                                        \
    if (rows > r) {                                                                                                    \
        _mm512_storeu_si512(sums + r * COLUMNS, a##r);                                                                 \
        _mm512_storeu_si512(sums + r * COLUMNS + 16, b##r);                                                            \
        _mm512_storeu_si512(sums + r * COLUMNS + 32, c##r);                                                            \
        _mm512_storeu_si512(sums + r * COLUMNS + 48, d##r);                                                            \
    }

/* sums (rows, COLUMNS) of `rows` rows of x with one packed block; `rows` is a constant where this is called. */
static inline __attribute__((always_inline)) void int8_tile(const uint8_t *x, const int8_t *block, int32_t *sums,
                                                            int64_t n, const int rows) {
    CLEAR(0) CLEAR(1) CLEAR(2) CLEAR(3) CLEAR(4) CLEAR(5)
    for (int64_t k = 0; k < n; k += 4, block += 4 * COLUMNS) {
        __m512i first = _mm512_loadu_si512(block), second = _mm512_loadu_si512(block + 64);
        __m512i third = _mm512_loadu_si512(block + 128), fourth = _mm512_loadu_si512(block + 192);
        ADD_ROW(0) ADD_ROW(1) ADD_ROW(2) ADD_ROW(3) ADD_ROW(4) ADD_ROW(5)
    }
    SAVE(0) SAVE(1) SAVE(2) SAVE(3) SAVE(4) SAVE(5)
}

static void int8_rows(const uint8_t *x, const int8_t *block, int32_t *sums, int64_t n, int64_t rows) {
    switch (rows) {
    case 1: int8_tile(x, block, sums, n, 1); break;
    case 2: int8_tile(x, block, sums, n, 2); break;
    case 3: int8_tile(x, block, sums, n, 3); break;
    case 4: int8_tile(x, block, sums, n, 4); break;
    case 5: int8_tile(x, block, sums, n, 5); break;
    default: int8_tile(x, block, sums, n, 6);
    }
}
#else
static void int8_rows(const uint8_t *x, const int8_t *block, int32_t *sums, int64_t n, int64_t rows) {
    memset(sums, 0, (size_t)(rows * COLUMNS) * sizeof *sums);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < n; k++)
            for (int64_t c = 0; c < COLUMNS; c++)
                sums[r * COLUMNS + c] += x[r * n + k] * block[(k / 4 * COLUMNS + c) * 4 + k % 4];
}
#endif
