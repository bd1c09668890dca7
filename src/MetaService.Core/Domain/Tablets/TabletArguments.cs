using Google.Protobuf;
using MetaService.Storage;

namespace MetaService.Domain.Tablets;

/// <summary>Checks of numbers and records that go into keys and values; each throws the refusal that names the field.</summary>
internal static class TabletArguments
{
    /// <summary>An id: above 0. An absent one reads as 0.</summary>
    public static long Id(long value, string field) => value > 0 ? value : throw TabletErrors.NotPositive(field);

    /// <summary>A list of ids: at least one, each above 0.</summary>
    public static void Ids(IReadOnlyCollection<long> values, string field)
    {
        if (values.Count == 0)
        {
            throw Errors.Missing(field);
        }

        foreach (var value in values)
        {
            Id(value, field);
        }
    }

    /// <summary>A number that must not be negative, such as a version, a size or a point in time.</summary>
    public static long NotNegative(long value, string field) => value >= 0 ? value : throw TabletErrors.Negative(field);

    /// <summary>A record with all fields that its readers insist on.</summary>
    public static void Complete(IMessage record, string what)
    {
        if (!record.IsInitialized())
        {
            throw TabletErrors.Incomplete(what);
        }
    }

    /// <summary>A record that fits into one value.</summary>
    public static void Fits(IMessage record, string what)
    {
        var size = record.CalculateSize();
        if (size > KvLimits.ValueBytes)
        {
            throw Errors.RecordTooLarge(what, size, KvLimits.ValueBytes);
        }
    }
}
