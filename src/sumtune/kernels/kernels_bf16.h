/* Products of bfloat16 with vdpbf16ps, which multiplies pairs and adds both products to a float. */

/* Rows per chunk: few enough to stay in the second-level cache while all weights are read. */
#define BF16_CHUNK 96

/* Packs one block of a matrix (outputs, n), whose element (o, k) is weight[o * output_step + k * input_step], into
 * packed (n / 2, COLUMNS, 2), padded with zeros. n is even. */
static void pack_block(const bf16 *weight, bf16 *packed, int64_t outputs, int64_t n, int64_t output_step,
                       int64_t input_step) {
    int64_t width = outputs < COLUMNS ? outputs : COLUMNS;
    if (n && width < COLUMNS) memset(packed, 0, (size_t)(n * COLUMNS) * sizeof *packed);
    for (int64_t k = 0; k < n; k += 2)
        for (int64_t c = 0; c < width; c++) {
            const bf16 *from = weight + c * output_step + k * input_step;
            bf16 pair[2] = {from[0], from[input_step]};
            memcpy(packed + k * COLUMNS + 2 * c, pair, sizeof pair);
        }
}

/* Packs all blocks of a matrix into packed (outputs / COLUMNS rounded up, n / 2, COLUMNS, 2). */
void pack_bf16(const bf16 *weight, bf16 *packed, int64_t outputs, int64_t n, int64_t output_step, int64_t input_step) {
#pragma omp parallel for schedule(static)
    for (int64_t first = 0; first < outputs; first += COLUMNS)
        pack_block(weight + first * output_step, packed + first * n, outputs - first, n, output_step, input_step);
}

#if HAS_BF16_PRODUCT
DEFINE_TILE(bf16_tile, "vdpbf16ps")

/* out = x @ weight^T + y @ more^T: x (rows, n), y (rows, rank), out (rows, outputs); weight (outputs, n) and more
 * (outputs, rank) are packed by pack_bf16. rank may be 0. */
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
                bf16_tile(x + row * n, weight + first * n, 2 * n, y + row * rank, more + first * rank, 2 * rank, sums,
                          count);
                for (int64_t r = 0; r < count; r++)
                    for (int64_t c = 0; c < width; c++)
                        out[(row + r) * outputs + first + c] = store_bf16(sums[r * COLUMNS + c]);
            }
        }
}
#endif
