using Google.Protobuf;
using MetaService.Keys;
using MetaService.Records;
using MetaService.Storage;

namespace MetaService.Maintenance.Verification;

/// <summary>Whether a stored value is laid out as the declaration of its key says; pure functions of bytes.</summary>
internal static class StoredValue
{
    /// <summary>Reads a value that is not split.</summary>
    /// <param name="record">The record in it; null when it is to hold none or cannot be read.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? Read(KeyDefinition definition, byte[] value, out IMessage? record)
    {
        record = null;
        var format = definition.Value;
        switch (format.Kind)
        {
            case KeyValueKind.Counter when value.Length != sizeof(long):
                return $"a counter of {value.Length} bytes instead of {sizeof(long)}";
            case KeyValueKind.Empty when value.Length > 0:
                return $"a value of {value.Length} bytes where none belongs";
            case KeyValueKind.Bytes when definition == KeySpace.CommitMarker && value.Length != CommitMarker.Length:
                return $"a commit marker of {value.Length} bytes instead of {CommitMarker.Length}";
            case KeyValueKind.StampedRecord when value.Length < Versionstamp.Length:
                return $"a value of {value.Length} bytes, which cannot end with a versionstamp of {Versionstamp.Length}";
            case KeyValueKind.StampedRecord:
                return Parse(format, StampedRecordAccess.Split(value).Record, out record);
            case KeyValueKind.Record or KeyValueKind.SplitRecord:
                return Parse(format, value, out record);
            default:
                return null;
        }
    }

    private static string? Parse(KeyValueFormat format, byte[] value, out IMessage? record)
    {
        try
        {
            record = format.RecordType!.Parser.ParseFrom(value);
            return record.IsInitialized() ? null : $"the {format.RecordType.Name} lacks a field that it must have";
        }
        catch (InvalidProtocolBufferException)
        {
            record = null;
            return $"the {value.Length} bytes are not a {format.RecordType!.Name}";
        }
    }
}
