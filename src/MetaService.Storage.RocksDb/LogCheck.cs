using System.Buffers.Binary;
using System.Numerics;

namespace MetaService.Storage.RocksDb;

/// <summary>
/// Reads the write-ahead logs and the manifest of a database from end to end before RocksDB does, and tells damage from a record
/// that was being written when the process ended.
/// </summary>
/// <remarks>
/// <para>RocksDB's own check is not enough. Near the end of a log it takes a garbled length for a record that was being written,
/// and drops that record with all acknowledged ones behind it; a garbled type can make it do the same, or read for ever.</para>
/// <para>A log consists of blocks of 32 KiB. A record begins with its checksum (CRC32C of type and data, masked; 4 bytes), its
/// length (2) and its type (1), and lies within one block; what is longer is cut into a first, middle and last record. Less than
/// 7 bytes at the end of a block stay empty. A write that was cut off leaves the beginning of a record, since file systems let a
/// file grow only over what they have written, and zeros may follow where space was set aside.</para>
/// </remarks>
internal static class LogCheck
{
    private const int BlockSize = 32 * 1024;
    private const int HeaderSize = 7;
    private const int TypeAt = 6;

    private const byte Full = 1;
    private const byte First = 2;
    private const byte Middle = 3;
    private const byte Last = 4;

    /// <exception cref="InvalidDataException">A log is damaged.</exception>
    /// <exception cref="IOException">A log cannot be read.</exception>
    public static void RequireSound(string databasePath)
    {
        var current = Path.Combine(databasePath, "CURRENT");
        var manifest = File.Exists(current) ? Path.Combine(databasePath, File.ReadAllText(current).Trim()) : current;
        foreach (var path in Directory.EnumerateFiles(databasePath, "*.log").Append(manifest).Where(File.Exists))
        {
            using var log = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            if (Damage(log) is var (position, what))
            {
                throw new InvalidDataException($"{Path.GetFileName(path)} is damaged at byte {position}: {what}");
            }
        }
    }

    /// <summary>The first place where a log is damaged, or null.</summary>
    private static (long Position, string What)? Damage(Stream log)
    {
        var buffer = new byte[BlockSize];
        var (isInPieces, isEmpty) = (false, false);
        for (long start = 0; ; start += BlockSize)
        {
            ReadOnlySpan<byte> block = buffer.AsSpan(0, log.ReadAtLeast(buffer, BlockSize, throwOnEndOfStream: false));
            var offset = 0;
            for (int end; !isEmpty && block.Length - offset >= HeaderSize; offset = end)
            {
                var rest = block[offset..];
                isEmpty = !rest[..HeaderSize].ContainsAnyExcept((byte)0);
                end = isEmpty ? offset : offset + HeaderSize + Length(rest);
                if (isEmpty)
                {
                    break;
                }

                if (end > block.Length)
                {
                    return end <= BlockSize && IsCutOff(rest) ? null : (start + offset, "a length is wrong");
                }

                if (!IsIntact(rest[..(end - offset)]))
                {
                    return (start + offset, "a checksum does not match");
                }

                // Other types belong to RocksDB alone and come between whole records.
                var goesOn = rest[TypeAt] is Middle or Last;
                if (goesOn != isInPieces)
                {
                    return (start + offset, "a piece of a record is missing");
                }

                isInPieces = rest[TypeAt] is First or Middle;
            }

            // Where space was set aside nothing may follow: whatever was there before has been wiped out.
            if (isEmpty && block[offset..].IndexOfAnyExcept((byte)0) is >= 0 and var at)
            {
                return (start + offset + at, "there is something behind the end");
            }

            if (block.Length < BlockSize)
            {
                return null;
            }
        }
    }

    /// <summary>
    /// Whether a record that reaches beyond the end of the file was being written. If not, its length is wrong: the data are
    /// there to the last byte, or there are records behind it.
    /// </summary>
    private static bool IsCutOff(ReadOnlySpan<byte> rest)
    {
        if (IsIntact(rest))
        {
            return false;
        }

        for (rest = rest[1..]; rest.Length >= HeaderSize; rest = rest[1..])
        {
            var end = HeaderSize + Length(rest);
            if (rest[TypeAt] is >= Full and <= Last && end <= rest.Length && IsIntact(rest[..end]))
            {
                return false;
            }
        }

        return true;
    }

    private static int Length(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt16LittleEndian(record[4..]);

    /// <summary>Whether the checksum of a record fits its type and data.</summary>
    private static bool IsIntact(ReadOnlySpan<byte> record)
    {
        var crc = uint.MaxValue;
        var data = record[TypeAt..];
        for (; data.Length >= sizeof(ulong); data = data[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
        }

        foreach (var octet in data)
        {
            crc = BitOperations.Crc32C(crc, octet);
        }

        // Masked, since a checksum of data that hold checksums of their own is a weak one.
        var masked = unchecked(BitOperations.RotateRight(~crc, 15) + 0xA282EAD8);
        return masked == BinaryPrimitives.ReadUInt32LittleEndian(record);
    }
}
