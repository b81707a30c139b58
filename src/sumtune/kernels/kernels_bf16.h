/* Products of bfloat16 by vdpbf16ps, which multiplies pairs and adds both products to a float.
 * Processors with matrix units have something better, which torch uses. */
#if defined(__AVX512BF16__) && !defined(__AMX_BF16__)
#include <immintrin.h>
#define HAS_BF16_PRODUCT 1
#else
#define HAS_BF16_PRODUCT 0
#endif

/* Rows that stay in the second-level cache while all weights pass by. */
#define BF16_CHUNK 96

int64_t has_bf16_product(void) { return HAS_BF16_PRODUCT; }

/* A matrix (outputs, n), element (o, k) at weight[o * output_step + k * input_step], to packed (outputs / COLUMNS
 * rounded up, n / 2, COLUMNS, 2), missing outputs being zero. n is even. */
void pack_bf16(const bf16 *weight, bf16 *packed, int64_t outputs, int64_t n, int64_t output_step, int64_t input_step) {
    int64_t blocks = (outputs + COLUMNS - 1) / COLUMNS;
#pragma omp parallel for schedule(static)
    for (int64_t block = 0; block < blocks; block++)
        for (int64_t k = 0; k < n; k++)
            for (int64_t c = 0; c < COLUMNS; c++) {
                int64_t output = block * COLUMNS + c;
                packed[((block * (n / 2) + k / 2) * COLUMNS + c) * 2 + k % 2] =
                    output < outputs ? weight[output * output_step + k * input_step] : 0;
            }
}

#if HAS_BF16_PRODUCT
#define CLEAR_BF16(r) __m512 a##r = _mm512_setzero_ps(), b##r = a##r, c##r = a##r, d##r = a##r;
#define ADD_BF16(total, weights) __asm__("vdpbf16ps %2, %1, %0" : "+v"(total) : "v"(inputs), "v"(weights));
#define ADD_ROW_BF16(r)                                                                                                \
    if (rows > r) {                                                                                                    \
        int32_t pair;                                                                                                  \
        memcpy(&pair, x + r * n + k, sizeof pair);                                                                     \
        __m512i inputs = _mm512_set1_epi32(pair);                                                                      \
        ADD_BF16(a##r, first) ADD_BF16(b##r, second) ADD_BF16(c##r, third) ADD_BF16(d##r, fourth)                      \
    }
#define ADD_ALL_BF16                                                                                                   \
    for (int64_t k = 0; k < n; k += 2, block += 2 * COLUMNS) {                                                         \
        __m512i first = _mm512_loadu_si512(block), second = _mm512_loadu_si512(block + 32);                            \
        __m512i third = _mm512_loadu_si512(block + 64), fourth = _mm512_loadu_si512(block + 96);                       \
        ADD_ROW_BF16(0) ADD_ROW_BF16(1) ADD_ROW_BF16(2) ADD_ROW_BF16(3) ADD_ROW_BF16(4) ADD_ROW_BF16(5)                \
    }
#define SAVE_BF16(r)                                                                                                   \
    if (rows > r) {                                                                                                    \
        _mm512_storeu_ps(sums + r * COLUMNS, a##r);                                                                    \
        _mm512_storeu_ps(sums + r * COLUMNS + 16, b##r);                                                               \
        _mm512_storeu_ps(sums + r * COLUMNS + 32, c##r);                                                               \
        _mm512_storeu_ps(sums + r * COLUMNS + 48, d##r);                                                               \
    }

/* sums (rows, COLUMNS) of `rows` rows of x with one packed block, and of y with another added to them; `rows` is a
 * constant where this is called. */
static inline __attribute__((always_inline)) void bf16_tile(const bf16 *x, const bf16 *block, int64_t n, const bf16 *y,
                                                            const bf16 *more, int64_t rank, float *sums,
                                                            const int rows) {
    CLEAR_BF16(0) CLEAR_BF16(1) CLEAR_BF16(2) CLEAR_BF16(3) CLEAR_BF16(4) CLEAR_BF16(5)
    ADD_ALL_BF16
    x = y, block = more, n = rank;
    ADD_ALL_BF16
    SAVE_BF16(0) SAVE_BF16(1) SAVE_BF16(2) SAVE_BF16(3) SAVE_BF16(4) SAVE_BF16(5)
}

/* out = x @ weight^T + y @ more^T: x (rows, n), y (rows, rank), out (rows, outputs); weight (outputs, n) and more
 * (outputs, rank) as pack_bf16 makes them. rank may be 0. */
void bf16_product(bf16 *out, const bf16 *x, const bf16 *weight, const bf16 *y, const bf16 *more, int64_t rows,
                  int64_t n, int64_t outputs, int64_t rank) {
    int64_t blocks = (outputs + COLUMNS - 1) / COLUMNS, chunks = (rows + BF16_CHUNK - 1) / BF16_CHUNK;
#pragma omp parallel for collapse(2) schedule(dynamic)
    for (int64_t chunk = 0; chunk < chunks; chunk++)
        for (int64_t block = 0; block < blocks; block++) {
            int64_t end = (chunk + 1) * BF16_CHUNK < rows ? (chunk + 1) * BF16_CHUNK : rows;
            int64_t first = block * COLUMNS, width = outputs - first < COLUMNS ? outputs - first : COLUMNS;
            for (int64_t row = chunk * BF16_CHUNK; row < end; row += TILE_ROWS) {
                float sums[TILE_ROWS * COLUMNS];
                int64_t count = end - row < TILE_ROWS ? end - row : TILE_ROWS;
                const bf16 *a = x + row * n, *b = weight + first * n, *c = y + row * rank, *d = more + first * rank;
                switch (count) {
                case 1: bf16_tile(a, b, n, c, d, rank, sums, 1); break;
                case 2: bf16_tile(a, b, n, c, d, rank, sums, 2); break;
                case 3: bf16_tile(a, b, n, c, d, rank, sums, 3); break;
                case 4: bf16_tile(a, b, n, c, d, rank, sums, 4); break;
                case 5: bf16_tile(a, b, n, c, d, rank, sums, 5); break;
                default: bf16_tile(a, b, n, c, d, rank, sums, 6);
                }
                for (int64_t r = 0; r < count; r++)
                    for (int64_t c = 0; c < width; c++)
                        out[(row + r) * outputs + first + c] = store_bf16(sums[r * COLUMNS + c]);
            }
        }
}
#endif
