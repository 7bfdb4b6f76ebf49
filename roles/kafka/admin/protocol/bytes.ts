/** Bytes that are being written, big-endian as Kafka's protocol is. */
export class Writer {
  #bytes = Buffer.alloc(256)
  #length = 0

  #room(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#length + this.#bytes.length)])
    return at
  }

  int8(value: number): void {
    const at = this.#room(1)
    this.#bytes.writeInt8(value, at)
  }

  int16(value: number): void {
    const at = this.#room(2)
    this.#bytes.writeInt16BE(value, at)
  }

  uint16(value: number): void {
    const at = this.#room(2)
    this.#bytes.writeUInt16BE(value, at)
  }

  int32(value: number): void {
    const at = this.#room(4)
    this.#bytes.writeInt32BE(value, at)
  }

  uint32(value: number): void {
    const at = this.#room(4)
    this.#bytes.writeUInt32BE(value, at)
  }

  int64(value: bigint): void {
    const at = this.#room(8)
    this.#bytes.writeBigInt64BE(value, at)
  }

  float64(value: number): void {
    const at = this.#room(8)
    this.#bytes.writeDoubleBE(value, at)
  }

  /** Seven bits a byte, the lowest first. */
  varint(value: number): void {
    let rest = value >>> 0
    for (; rest > 127; rest >>>= 7) this.#byte((rest & 127) | 128)
    this.#byte(rest)
  }

  #byte(value: number): void {
    const at = this.#room(1)
    this.#bytes.writeUInt8(value, at)
  }

  bytes(value: Uint8Array): void {
    const at = this.#room(value.length)
    this.#bytes.set(value, at)
  }

  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }
}

/** Bytes that are being read. @throws RangeError where they end too early */
export class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  #take(count: number): number {
    const at = this.#at
    this.#at += count
    return at
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  int8 = (): number => this.#bytes.readInt8(this.#take(1))
  int16 = (): number => this.#bytes.readInt16BE(this.#take(2))
  uint16 = (): number => this.#bytes.readUInt16BE(this.#take(2))
  int32 = (): number => this.#bytes.readInt32BE(this.#take(4))
  uint32 = (): number => this.#bytes.readUInt32BE(this.#take(4))
  int64 = (): bigint => this.#bytes.readBigInt64BE(this.#take(8))

  float64 = (): number => this.#bytes.readDoubleBE(this.#take(8))

  varint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#take(1))
      value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
  }

  bytes(count: number): Buffer {
    if (count > this.left) throw new RangeError(`${count} bytes are announced and ${this.left} are there`)
    const at = this.#take(count)
    return this.#bytes.subarray(at, at + count)
  }
}
