using System.Buffers;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MetaService.Json;

namespace MetaService.Domain.Audit;

/// <summary>
/// What differs between two states of a record, without its secrets. It goes through the bytes, since every change pays for it:
/// parsing both records would cost more than all else that a change does.
/// </summary>
/// <remarks>
/// Fields and elements that are the same in both are left out, but for ids and names, which tell what has changed. A secret that
/// differs shows as <see cref="SecretFields.Mask"/> in both; so does one that was only sealed anew. Fields that this version does
/// not know are left out, for they might be secrets.
/// </remarks>
public static class RecordDifference
{
    private static readonly byte[] Mask = Encoding.UTF8.GetBytes(SecretFields.Mask);

    /// <summary>The two states without what they share.</summary>
    /// <param name="before">The record before; empty when there was none.</param>
    /// <param name="after">The record after; empty when there is none.</param>
    /// <param name="type">Type of the record.</param>
    /// <exception cref="InvalidDataException">One is not a serialized message.</exception>
    public static (byte[] Before, byte[] After) Of(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, MessageDescriptor type)
    {
        var plan = RecordPlan.Of(type);
        var (old, now) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        if (before.IsEmpty || after.IsEmpty)
        {
            WriteMasked(before, plan, old);
            WriteMasked(after, plan, now);
        }
        else
        {
            WriteDifference(before, after, plan, old, now);
        }

        return (old.WrittenSpan.ToArray(), now.WrittenSpan.ToArray());
    }

    private static void WriteDifference(
        ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, RecordPlan plan,
        ArrayBufferWriter<byte> old, ArrayBufferWriter<byte> now)
    {
        var (olds, news) = (WireField.Split(before), WireField.Split(after));
        for (int i = 0, j = 0; i < olds.Count || j < news.Count;)
        {
            var number = Math.Min(NumberAt(olds, i), NumberAt(news, j));
            var (first, second) = (i, j);
            i = EndOf(olds, i, number);
            j = EndOf(news, j, number);
            if (plan.Find(number) is { } field)
            {
                WriteDifference(
                    before, olds.GetRange(first, i - first), after, news.GetRange(second, j - second), field, old, now);
            }
        }
    }

    /// <summary>Writes what differs between the values of one field.</summary>
    private static void WriteDifference(
        ReadOnlySpan<byte> before, List<WireField> olds, ReadOnlySpan<byte> after, List<WireField> news, FieldPlan field,
        ArrayBufferWriter<byte> old, ArrayBufferWriter<byte> now)
    {
        var most = Math.Min(olds.Count, news.Count);
        var head = 0;
        while (head < most && olds[head].In(before).SequenceEqual(news[head].In(after)))
        {
            head++;
        }

        var tail = 0;
        while (tail < most - head && olds[^(tail + 1)].In(before).SequenceEqual(news[^(tail + 1)].In(after)))
        {
            tail++;
        }

        if (field.IsIdentity && head == 1 && olds.Count == 1 && news.Count == 1)
        {
            old.Write(olds[0].In(before));
            now.Write(news[0].In(after));
            return;
        }

        // As many as there were: each is taken for the one in its place, changed.
        var pairs = olds.Count == news.Count && field is { IsMessage: true, IsNamedValue: false };
        for (var i = head; i < olds.Count - tail && pairs; i++)
        {
            var (oldPart, newPart) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
            WriteDifference(olds[i].ValueIn(before), news[i].ValueIn(after), field.Message, oldPart, newPart);
            WireField.Write(olds[i].Number, oldPart.WrittenSpan, old);
            WireField.Write(news[i].Number, newPart.WrittenSpan, now);
        }

        for (var i = head; i < olds.Count - tail && !pairs; i++)
        {
            WriteMasked(before, olds[i], field, old);
        }

        for (var i = head; i < news.Count - tail && !pairs; i++)
        {
            WriteMasked(after, news[i], field, now);
        }
    }

    private static void WriteMasked(ReadOnlySpan<byte> message, RecordPlan plan, ArrayBufferWriter<byte> output)
    {
        foreach (var part in WireField.Split(message))
        {
            if (plan.Find(part.Number) is { } field)
            {
                WriteMasked(message, part, field, output);
            }
        }
    }

    private static void WriteMasked(ReadOnlySpan<byte> message, WireField part, FieldPlan field, ArrayBufferWriter<byte> output)
    {
        if (part.Type != WireFormat.WireType.LengthDelimited)
        {
            output.Write(part.In(message));
        }
        else if (field.IsSecret)
        {
            WireField.Write(part.Number, part.ValueIn(message).IsEmpty ? [] : Mask, output);
        }
        else if (field.IsMessage)
        {
            var value = part.ValueIn(message);
            var masked = new ArrayBufferWriter<byte>(value.Length + Mask.Length + 1);
            if (field.IsNamedValue)
            {
                WriteNamedValue(value, masked);
            }
            else
            {
                WriteMasked(value, field.Message, masked);
            }

            WireField.Write(part.Number, masked.WrittenSpan, output);
        }
        else
        {
            output.Write(part.In(message));
        }
    }

    private static void WriteNamedValue(ReadOnlySpan<byte> message, ArrayBufferWriter<byte> output)
    {
        const int Name = 1;
        const int Value = 2;
        var parts = WireField.Split(message);
        var isSecret = false;
        foreach (var part in parts.Where(part => part.Number == Name))
        {
            isSecret |= SecretFields.IsSecretName(Encoding.UTF8.GetString(part.ValueIn(message)));
        }

        foreach (var part in parts.Where(part => part.Number is Name or Value))
        {
            WireField.Write(part.Number, part.Number == Value && isSecret ? Mask : part.ValueIn(message), output);
        }
    }

    private static int NumberAt(List<WireField> fields, int index) => index < fields.Count ? fields[index].Number : int.MaxValue;

    private static int EndOf(List<WireField> fields, int index, int number)
    {
        while (index < fields.Count && fields[index].Number == number)
        {
            index++;
        }

        return index;
    }
}
