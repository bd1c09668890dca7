using System.Collections;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MetaService.Records.Cloud;

namespace MetaService.ApiTests.Writes;

/// <summary>
/// Takes out of a record what two services cannot agree on: the random end of an HDFS path, and the time at which a request came.
/// A time that the request had no reason to touch stays as it is.
/// </summary>
public static partial class Normalizer
{
    private const long Now = 1;

    /// <summary>A copy of a recorded record.</summary>
    /// <param name="before">The record before the request, or null when there was none.</param>
    public static IMessage Expected(IMessage record, IMessage? before)
    {
        var earlier = before is null ? [] : Times(before);
        return Normalize(record, (path, time) => earlier.TryGetValue(path, out var old) && old == time ? time : Now);
    }

    /// <summary>A copy of a stored record.</summary>
    /// <param name="started">Unix seconds before the request; a time from then on was written by it.</param>
    public static IMessage Actual(IMessage record, long started) => Normalize(record, (_, time) => time >= started ? Now : time);

    private static IMessage Normalize(IMessage record, Func<string, long, long> time)
    {
        var copy = record.Descriptor.Parser.ParseFrom(record.ToByteArray());
        foreach (var (path, message, field) in Fields(copy, ""))
        {
            switch (field.Name)
            {
                case "ctime" or "mtime":
                    field.Accessor.SetValue(message, time(path, (long)field.Accessor.GetValue(message)));
                    break;
                case "prefix" when message is HdfsVaultInfo:
                    field.Accessor.SetValue(message, Guid().Replace((string)field.Accessor.GetValue(message), "_GUID"));
                    break;
            }
        }

        return copy;
    }

    private static Dictionary<string, long> Times(IMessage record) => Fields(record, "")
        .Where(f => f.Field.Name is "ctime" or "mtime")
        .ToDictionary(f => f.Path, f => (long)f.Field.Accessor.GetValue(f.Message), StringComparer.Ordinal);

    /// <summary>Every field that is set, in the record and in the records inside it, with the way to it.</summary>
    private static IEnumerable<(string Path, IMessage Message, FieldDescriptor Field)> Fields(IMessage message, string path)
    {
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            var value = field.Accessor.GetValue(message);
            var here = $"{path}.{field.Name}";
            if (field.IsRepeated)
            {
                foreach (var (index, element) in ((IEnumerable)value).OfType<IMessage>().Index())
                {
                    foreach (var inner in Fields(element, $"{here}[{index}]"))
                    {
                        yield return inner;
                    }
                }
            }
            else if (field.Accessor.HasValue(message))
            {
                yield return (here, message, field);
                foreach (var inner in value is IMessage nested ? Fields(nested, here) : [])
                {
                    yield return inner;
                }
            }
        }
    }

    [GeneratedRegex("_[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$")]
    private static partial Regex Guid();
}
